/**
 * An independent look at the log of a limits directory: it knows the form of the entries and nothing of src/limits.
 * Entries are taken in their order, with arithmetic of its own.
 */
export interface Written {
  readonly number: number;
  /** the user whose file the entry is */
  readonly writer: number;
  /** undefined: it cannot be read */
  readonly does: readonly WrittenEvent[] | undefined;
}

export interface WrittenEvent {
  readonly do: string;
  readonly key?: string | undefined;
  readonly limit?: string | undefined;
  readonly capacity?: {readonly size: number; readonly reserve?: number | undefined} | undefined;
  readonly wants?: readonly {readonly limit: string; readonly amount: number}[] | undefined;
  readonly free?: Readonly<Record<string, number>> | undefined;
  readonly priority?: number | undefined;
  readonly entry?: number | undefined;
}

export interface Checked {
  /** what must not be, and where */
  readonly wrong: readonly {readonly entry: number; readonly writer: number; readonly what: string}[];
  /** keys of what is granted and not released */
  readonly held: ReadonlySet<string>;
  /** how much of each limit is held */
  readonly sums: ReadonlyMap<string, number>;
  /** keys of claims that are not granted, first come first */
  readonly waiting: readonly string[];
  readonly sizes: ReadonlyMap<string, number>;
  readonly wants: ReadonlyMap<string, readonly {readonly limit: string; readonly amount: number}[]>;
  readonly grants: number;
  readonly mostOvertaken: number;
}

const MOST_OVERTAKEN = 100;

export function checkLog(entries: readonly Written[], keeper: number): Checked {
  const wrong: {entry: number; writer: number; what: string}[] = [];
  const sizes = new Map<string, number>();
  const reserves = new Map<string, number>();
  const wants = new Map<string, readonly {limit: string; amount: number}[]>();
  const owners = new Map<string, number>();
  const priorities = new Map<string, number>();
  const overtaken = new Map<string, number>();
  const paused = new Set<string>();
  const unreadable = new Set<number>();
  const held = new Set<string>();
  const sums = new Map<string, number>();
  let waiting: string[] = [];
  let grants = 0;
  let mostOvertaken = 0;

  const add = (key: string, sign: number) => {
    for (const {limit, amount} of wants.get(key) ?? []) sums.set(limit, (sums.get(limit) ?? 0) + sign * amount);
  };
  const everFits = (key: string) => wants.get(key)?.every(({limit, amount}) => amount <= (sizes.get(limit) ?? -1));
  const meet = (one: string, other: string) =>
    wants.get(one)?.some(({limit}) => wants.get(other)?.some((want) => want.limit === limit));
  const goesFirst = (one: string, other: string) => {
    const [isDue, otherIsDue] = [one, other].map((each) => (overtaken.get(each) ?? 0) >= MOST_OVERTAKEN);
    const came = waiting.indexOf(one) < waiting.indexOf(other);
    if (isDue || otherIsDue) return isDue && (!otherIsDue || came);
    const [priority = 0, otherPriority = 0] = [one, other].map((each) => priorities.get(each));
    return priority > otherPriority || (priority === otherPriority && came);
  };

  for (const [index, {number, writer, does}] of entries.entries()) {
    const report = (what: string) => wrong.push({entry: number, writer, what});
    if (number !== index + 1) report(`entry ${index + 1} is missing, or there are two of it`);
    if (!does) unreadable.add(number);
    const rules = writer === keeper || writer === 0;
    for (const event of does ?? []) {
      const key = event.key ?? '';
      switch (event.do) {
        case 'capacity':
          if (!rules || !event.limit || !event.capacity) break;
          sizes.set(event.limit, event.capacity.size);
          if (event.capacity.reserve === undefined) reserves.delete(event.limit);
          else reserves.set(event.limit, event.capacity.reserve);
          break;
        case 'claim': {
          if (wants.has(key) || !event.wants || !key.startsWith(`${writer}/`)) break;
          const names = new Set(event.wants.map(({limit}) => limit));
          if (names.size < event.wants.length || names.size === 0) break;
          if (event.wants.some(({amount}) => !(amount > 0))) break;
          wants.set(key, event.wants);
          owners.set(key, writer);
          priorities.set(key, event.priority ?? 0);
          overtaken.set(key, 0);
          waiting.push(key);
          break;
        }
        case 'grant': {
          if (!waiting.includes(key)) break; // granted, or never claimed: it says nothing
          const mine = wants.get(key) ?? [];
          const over = mine.find(({limit, amount}) => (sums.get(limit) ?? 0) + amount > (sizes.get(limit) ?? 0));
          const full = mine.find(
            ({limit, amount}) =>
              reserves.has(limit) && (event.free?.[limit] ?? -1) < amount + (reserves.get(limit) ?? 0),
          );
          const rivals = waiting.filter(
            (other) => other !== key && !paused.has(other) && everFits(other) && meet(other, key),
          );
          const passed = rivals.filter((other) => waiting.indexOf(other) < waiting.indexOf(key));
          const first = rivals.find((other) => goesFirst(other, key));
          if (unreadable.size > 0) report(`${key} was granted while ${[...unreadable].join(', ')} cannot be read`);
          if (over) report(`${key} was granted ${over.amount} of ${over.limit}, of which there is not as much`);
          else if (full) report(`${key} was granted ${full.amount} of ${full.limit}, which is not free on the disk`);
          else if (first)
            report(`${key} was granted before ${first}, whose turn it was (overtaken ${overtaken.get(first)} times)`);
          else if (paused.has(key)) report(`${key} was granted though it is held`);
          if (over || full || first || paused.has(key)) break; // it does not count
          for (const other of passed) {
            const times = (overtaken.get(other) ?? 0) + 1;
            overtaken.set(other, times);
            mostOvertaken = Math.max(mostOvertaken, times);
          }
          waiting = waiting.filter((other) => other !== key);
          held.add(key);
          add(key, 1);
          grants++;
          break;
        }
        case 'release':
          if (!wants.has(key) || !(rules || owners.get(key) === writer)) break;
          if (held.delete(key)) add(key, -1);
          waiting = waiting.filter((other) => other !== key);
          for (const record of [wants, owners, overtaken, priorities]) record.delete(key);
          paused.delete(key);
          break;
        case 'hold':
        case 'unhold':
          if (!waiting.includes(key) || owners.get(key) !== writer) break;
          if (event.do === 'hold') paused.add(key);
          else paused.delete(key);
          break;
        case 'void':
          if (rules) unreadable.delete(event.entry ?? 0);
          break;
        default:
          break;
      }
    }
  }
  return {wrong, held, sums, waiting, sizes, wants, grants, mostOvertaken};
}
