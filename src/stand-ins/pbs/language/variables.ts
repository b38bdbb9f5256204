/**
 * `-v`, `-V` and the Variable_List of a job.
 *
 * A Variable_List is kept as PBS keeps it: one text, `NAME=value` joined by commas, where a backslash stands before
 * every comma, quote and backslash of a value. How values get there, with what is lost on the way, was measured on
 * OpenPBS 23.06: a backslash is doubled twice, quotes inside quotes turn into backslashes.
 */

/** Put the backslashes that a stored value needs. */
export function escapeValue(value: string): string {
  return value.replace(/[\\,"']/g, (char) => `\\${char}`);
}

interface Item {
  readonly name: string;
  readonly value: string;
}

/** First pass over a `-v` argument: drop quotes, protect what they protected. @returns undefined for an open quote */
function unquote(text: string): string | undefined {
  let out = '';
  let quote = '';
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i] ?? '';
    if (char === '\\') out += text[i + 1] === ',' && text[i - 1] !== '\\' ? char : '\\\\';
    else if (char === '"' || char === "'") {
      if (quote === '') quote = char;
      else if (quote === char) quote = '';
      else out += `\\${char}`;
    } else if (char === ',' && quote !== '') out += '\\,';
    else out += char;
  }
  return quote === '' ? out : undefined;
}

/** The value of a variable of the environment, as the first pass would leave it. */
function protectEnvironment(value: string): string {
  return value.replace(/\\(?!,)|[,"']/g, (char) => (char === '\\' ? '\\\\' : `\\${char}`));
}

/** Second pass: one value up to its comma. @returns undefined when a quote stays open */
function takeValue(text: string, from: number): {value: string; next: number; quoted: boolean} | undefined {
  let value = '';
  let quote = '';
  let quoted = false;
  let i = from;
  for (; i < text.length; i += 1) {
    const char = text[i] ?? '';
    if (char === '\\') {
      if (text[i + 1] === ',') {
        value += '\\,';
        if (quoted) return undefined;
        i += 1;
      } else value += '\\\\';
    } else if (char === '"' || char === "'") {
      if (quote === '') {
        quote = char;
        quoted = true;
      } else if (quote === char) quote = '';
      else value += `\\${char}`;
    } else if (char === ',' && quote === '') break;
    else value += char;
  }
  return quote === '' ? {value: value.replace(/[ ]+$/, ''), next: i + 1, quoted} : undefined;
}

/**
 * Read a `-v` argument.
 *
 * @param env the environment of qsub, for names without a value
 * @returns the stored text, or undefined when PBS says `cannot send environment with the job`
 */
export function readVariables(text: string, env: Readonly<Record<string, string>>): string | undefined {
  const plain = unquote(text);
  if (plain === undefined) return undefined;
  const items: Item[] = [];
  let at = 0;
  while (at < plain.length) {
    const head = /^[^=,]*/.exec(plain.slice(at))?.[0] ?? '';
    const name = head.trimStart();
    if (name === '') return undefined;
    if (plain[at + head.length] === '=') {
      const taken = takeValue(plain, at + head.length + 1);
      if (!taken) return undefined;
      items.push({name, value: taken.value});
      // Measured: behind a value with quotes in its quotes the rest of the list is lost.
      at = taken.quoted ? plain.length : taken.next;
      continue;
    }
    const own = env[name] ?? (name.startsWith('PBS_O_') ? '' : undefined);
    if (own === undefined) return undefined;
    // The environment's value joins the list as text, so that its trailing backslash swallows what follows.
    const rest = plain.slice(at + head.length);
    const spliced = takeValue(`${protectEnvironment(own)}${rest}`, 0);
    if (!spliced) return undefined;
    items.push({name, value: spliced.value});
    at = plain.length - Math.max(0, `${protectEnvironment(own)}${rest}`.length - spliced.next);
  }
  return items
    .filter(({name}) => !name.startsWith('PBS_O_'))
    .map(({name, value}) => `${name}=${value}`)
    .join(',');
}

/** The whole environment for `-V`, without what PBS sets itself. */
export function environmentVariables(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .filter(([name]) => !name.startsWith('PBS_O_') && name !== '')
    .map(([name, value]) => `${name}=${escapeValue(value)}`)
    .join(',');
}

/** Names and values of a stored list, as the job sees them. The last of two equal names counts. */
export function decodeVariables(stored: string): [string, string][] {
  const found: [string, string][] = [];
  let item = '';
  const close = (): void => {
    const eq = item.indexOf('=');
    if (eq > 0) found.push([item.slice(0, eq), item.slice(eq + 1)]);
    item = '';
  };
  for (let i = 0; i < stored.length; i += 1) {
    const char = stored[i] ?? '';
    if (char === '\\' && i + 1 < stored.length) {
      i += 1;
      item += stored[i] ?? '';
    } else if (char === ',') close();
    else item += char;
  }
  close();
  return found;
}

/**
 * Names and values as qstat's JSON shows them: split at commas without a backslash right before them,
 * and only that backslash is dropped; all others stay (measured on OpenPBS 23.06).
 */
export function splitForJson(stored: string): [string, string][] {
  return stored
    .split(/(?<!\\),/)
    .filter((item) => item !== '')
    .map((item): [string, string] => {
      const text = item.replaceAll('\\,', ',');
      const eq = text.indexOf('=');
      return eq < 0 ? [text, ''] : [text.slice(0, eq), text.slice(eq + 1)];
    });
}
