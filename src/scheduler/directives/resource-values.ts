/** How OpenPBS reads the value of a resource that every server knows. Source: resc_def_all.xml, and the function named. */
type Kind =
  /** decode_time() in attr_fn_time.c */
  | 'time'
  /** decode_size() in attr_fn_size.c */
  | 'size'
  /** decode_l() in attr_fn_l.c */
  | 'number'
  /** a number that is not below 0, and not empty: verify_value_zero_or_positive() */
  | 'count'
  /** decode_b() in attr_fn_b.c */
  | 'bool'
  /** verify_value_preempt_targets() */
  | 'preempt-targets'
  | 'text';

interface Known {
  readonly kind: Kind;
  /** it may stand in a chunk of "select", and not beside a "select" (ATR_DFLAG_CVTSLT) */
  readonly inSelect?: true;
  /** PBS takes it from no user, not even from a manager: NO_USER_SET, MGR_ONLY_SET or READ_ONLY */
  readonly notByUsers?: true;
}

const KNOWN: Readonly<Record<string, Known>> = {
  cput: {kind: 'time'},
  pcput: {kind: 'time'},
  walltime: {kind: 'time'},
  min_walltime: {kind: 'time'},
  max_walltime: {kind: 'time'},
  soft_walltime: {kind: 'time', notByUsers: true},
  mem: {kind: 'size', inSelect: true},
  vmem: {kind: 'size', inSelect: true},
  hbmem: {kind: 'size', inSelect: true},
  pmem: {kind: 'size'},
  pvmem: {kind: 'size'},
  file: {kind: 'size'},
  ncpus: {kind: 'count', inSelect: true},
  mpiprocs: {kind: 'count', inSelect: true},
  ompthreads: {kind: 'count', inSelect: true},
  nice: {kind: 'number'},
  arch: {kind: 'text', inSelect: true},
  host: {kind: 'text', inSelect: true},
  vnode: {kind: 'text', inSelect: true},
  software: {kind: 'text'},
  site: {kind: 'text'},
  select: {kind: 'text'},
  place: {kind: 'text'},
  nodes: {kind: 'text'},
  preempt_targets: {kind: 'preempt-targets'},
  accelerator: {kind: 'bool', inSelect: true},
  accelerator_memory: {kind: 'size', inSelect: true},
  accelerator_model: {kind: 'text', inSelect: true},
  naccelerators: {kind: 'number', inSelect: true},
  nodect: {kind: 'count', notByUsers: true},
  nchunk: {kind: 'text', notByUsers: true},
  cpupercent: {kind: 'count', notByUsers: true},
  energy: {kind: 'text', notByUsers: true},
  exec_vnode: {kind: 'text', notByUsers: true},
  nodemask: {kind: 'text', notByUsers: true},
  start_time: {kind: 'text', notByUsers: true},
  partition: {kind: 'text', notByUsers: true},
  hpm: {kind: 'number'},
};

/** It is asked for each chunk: within "select", or beside no "select". Undefined: only the server knows. */
export function isOfChunks(resource: string): boolean | undefined {
  const known = KNOWN[resource.toLowerCase()];
  return known && known.inSelect === true;
}

/** No job may ask for it: only PBS itself sets it, or its managers later. */
export function isNotForUsers(resource: string): boolean {
  return KNOWN[resource.toLowerCase()]?.notByUsers === true;
}

/** Names of resources that every server knows. */
export function isBuiltIn(resource: string): boolean {
  return resource.toLowerCase() in KNOWN;
}

/** @returns what the value has to be, of one that no OpenPBS takes; undefined for a resource that only a server knows */
export function wrongAmount(resource: string, value: string): string | undefined {
  switch (KNOWN[resource.toLowerCase()]?.kind) {
    case 'time':
      return isTimeText(value) && (value !== '' || !/^m(in|ax)_/i.test(resource))
        ? undefined
        : 'a time is HH:MM:SS, MM:SS or seconds, in digits';
    case 'bool':
      return value === '' || /^(true|t|y|1|false|f|n|0)$/i.test(value) ? undefined : 'it is true or false';
    case 'preempt-targets':
      return /^\s*none$/i.test(value) ||
        (!/^\s*none/i.test(value) && /Resource_List\.[^=]*=|[Qq][Uu][Ee][Uu][Ee][^=]*=/.test(value))
        ? undefined
        : 'it is NONE, or queue=NAME and Resource_List.NAME=VALUE with commas between them';
    case 'size':
      return value === '' || /^\s*\+?\d+([kmgtp][bw]?|[bw])?$/i.test(value)
        ? undefined
        : 'a size is a whole number with a unit behind it at once, such as 512mb or 4gb';
    case 'number':
      return /^\s*[+-]?\d*$/.test(value) ? undefined : 'it is a whole number';
    case 'count':
      return /^\s*\+?\d+$/.test(value) && Number(value) < 2 ** 63 ? undefined : 'it is a whole number, not below 0';
    default:
      return undefined;
  }
}

/** At most three parts; a colon at the end, minutes above 59 and parts of a second are accepted (measured). */
function isTimeText(value: string): boolean {
  return /^(\d+(:\d+){0,2}(\.\d*)?|\d+(:\d+)?:)?$/.test(value);
}

/** `scatter:excl`, `group=host`. Source: decode_place() in resc_attr.c. */
export function wrongPlace(place: string): string | undefined {
  const words = place.split(':').map((word) => word.trim().toLowerCase());
  const among = (names: readonly string[]) => words.filter((word) => names.includes(word)).length;
  const arranged = among(['free', 'pack', 'scatter', 'vscatter']);
  const shared = among(['excl', 'exclhost', 'shared']);
  const grouped = words.filter((word) => /^group=[\w-]+$/.test(word)).length;
  return arranged + shared + grouped === words.length && arranged <= 1 && shared <= 1
    ? undefined
    : 'it is one of free, pack, scatter and vscatter, one of excl, exclhost and shared, and group=RESOURCE, with colons between them';
}

/** One chunk of a "select". */
export interface Chunk {
  readonly count: number;
  readonly resources: readonly (readonly [name: string, value: string])[];
}

/**
 * The chunks of a "select", such as `2:ncpus=4:mem=8gb+1:ncpus=1`. Source: decode_select() in attr_resc_func.c, which
 * qsub asks before it sends anything.
 *
 * @returns undefined when it is not of that form
 */
export function readSelect(select: string): readonly Chunk[] | undefined {
  const chunks: Chunk[] = [];
  let rest = select.trimStart();
  if (rest === '') return undefined;
  for (;;) {
    const [counted = '', count] = /^(\d+)(?=$|[:+])/.exec(rest) ?? [];
    rest = rest.slice(counted.length);
    const resources: [string, string][] = [];
    if (counted === '' || rest.startsWith(':')) {
      if (counted !== '') rest = rest.slice(1);
      for (;;) {
        const [pair = '', name = '', value = ''] =
          /^([A-Za-z][\w-]*)=((?:"[^"]*"|'[^']*'|[^"':+\x00-\x1f\x7f-\uffff])+)/.exec(rest) ?? [];
        if (pair === '') return undefined;
        resources.push([name, value.replace(/["']/g, '')]);
        rest = rest.slice(pair.length);
        if (!rest.startsWith(':')) break;
        rest = rest.slice(1);
      }
    }
    chunks.push({count: count === undefined ? 1 : Number(count), resources});
    if (rest === '') return chunks;
    if (!rest.startsWith('+')) return undefined;
    rest = rest.slice(1);
  }
}

/** Source: decode_select(), do_schedselect() in vnparse.c; measured on OpenPBS 23.06. */
export function wrongSelect(select: string): string | undefined {
  const chunks = readSelect(select);
  if (chunks === undefined)
    return 'it is CHUNK[+CHUNK...], and a chunk is [COUNT:]NAME=VALUE[:NAME=VALUE...], such as 2:ncpus=4:mem=8gb';
  if (chunks.every(({count}) => count === 0)) return 'a job has one chunk at least';
  for (const {resources} of chunks) {
    const names = resources.map(([name]) => name);
    const twice = names.find((name, index) => names.indexOf(name) < index);
    if (twice !== undefined) return `${twice} stands twice in one chunk`;
    for (const [name, value] of resources) {
      if (isOfChunks(name) === false) return `${name} does not belong in "select", but beside it: -l ${name}=${value}`;
      const wrong = wrongAmount(name, value);
      if (wrong !== undefined) return `${name}=${value}: ${wrong}`;
    }
  }
  return undefined;
}

/** Torque's form, which OpenPBS converts. Source: decode_nodes() in attr_resc_func.c, proplist() in node_manager.c. */
export function wrongNodes(nodes: string): string | undefined {
  const fits =
    nodes === '' ||
    (/^\s*[A-Za-z0-9][\w.=-]*([+:#]\s*[A-Za-z0-9][\w.=-]*)*$/.test(nodes) &&
      nodes.split('#')[0]?.split(/[+:]/).every(isOfNodes));
  return fits ? undefined : 'it is COUNT[:ppn=N][+...]';
}

/** A count, `ppn=N`, `cpp=N` or `ncpus=N`, or what the server has to know: a host, or a resource. */
function isOfNodes(word: string): boolean {
  const [name = '', value] = word.trim().split(/=(.*)/s);
  if (value === undefined) return !/^0+$/.test(name);
  return /^(ppn|cpp|ncpus)$/i.test(name) && /^\d+$/.test(value) && !(/^ppn$/i.test(name) && Number(value) === 0);
}
