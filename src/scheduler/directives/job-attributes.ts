import {type Judge, userList} from './option-values.ts';

/** What qsub reads behind `-W`: `name = value[,name = value...]`. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
}

/**
 * The attributes of one `-W`; a comma belongs to a value unless a name and "=" come behind it.
 * Source: OpenPBS, parse_equal_string() in parse_equal.c.
 *
 * @returns undefined when it is not of that form
 */
export function readAssignments(text: string): readonly Assignment[] | undefined {
  const found: Assignment[] = [];
  let rest = text.trimStart();
  if (rest === '') return undefined;
  while (rest !== '') {
    const [head = '', name = ''] = /^([^\s=,][^\s=]*)\s*=\s*/.exec(rest) ?? [];
    if (head === '') return undefined;
    rest = rest.slice(head.length);
    const quote = /^["']/.exec(rest)?.[0];
    let [value, from] = ['', 0];
    if (quote !== undefined) {
      from = rest.indexOf(quote, 1);
      if (from < 0) return undefined;
      value = rest.slice(1, from);
      from += 1;
    }
    const next = rest.indexOf('=', from);
    const end = next < 0 ? rest.length : rest.lastIndexOf(',', next);
    if (end < from || (next >= 0 && end < 1)) return undefined;
    value += rest.slice(from, end);
    // At the end of the list the second quote leaves a blank (measured).
    const last = next < 0 && quote !== undefined ? ' ' : '';
    if (next < 0 && value.trimEnd().endsWith(',')) return undefined;
    found.push({name, value: value.trimEnd() + last});
    rest = next < 0 ? '' : rest.slice(end + 1).trimStart();
    if (next >= 0 && rest === '') return undefined;
  }
  return found;
}

/** One attribute that `-W` may set. */
export interface AttributeRow {
  readonly name: string;
  readonly value: string;
  readonly what: string;
  readonly wrong: Judge;
  readonly stage: 'honoured' | 'merged' | 'refused';
  readonly how: string;
  /** of which two jobs are compared, by `qsub SCRIPT` and by stage */
  readonly example?: string;
}

/** Source: is_true_or_false() in attr_fn_b.c; "yes" and "no" are refused (measured). */
const bool: Judge = (value) =>
  value === '' || /^(true|t|y|1|false|f|n|0)$/i.test(value) ? undefined : 'it is true or false';
const trueOrFalse: Judge = (value) => (/^(true|false)$/i.test(value) ? undefined : 'it is true or false');
const count: Judge = (value) => (/^\s*\+?\d+$/.test(value) ? undefined : 'it is a whole number, not below 0');

/** What is said of an option or attribute that stage leaves alone. */
export const HANDED_ON = 'Handed on as it stands.';

export const ATTRIBUTES: readonly AttributeRow[] = [
  {
    name: 'depend',
    value: 'TYPE:ID[:ID...][,TYPE:ID...]',
    what: 'wait for other jobs',
    wrong: (value) =>
      readDependencies(value)
        ? undefined
        : `it is TYPE:ID[:ID...] or on:COUNT, with commas between several; a type is one of ${TYPES.join(', ')}`,
    stage: 'merged',
    how: 'It holds beside `needs`, `after` and `on_failure_of` of the step, and beside `--afterok` of `stage job submit`. When it cannot be met any more, PBS removes the job, and the step fails.',
  },
  {
    name: 'stagein',
    value: 'FILE@HOST:FILE[,...]',
    what: 'copy files to the job’s host before it starts',
    wrong: stageList,
    stage: 'honoured',
    how: `${HANDED_ON} PBS’s own copying has nothing to do with \`stage_in\`.`,
  },
  {
    name: 'stageout',
    value: 'FILE@HOST:FILE[,...]',
    what: 'copy files from the job’s host after its end',
    wrong: stageList,
    stage: 'honoured',
    how: HANDED_ON,
  },
  {
    name: 'sandbox',
    value: 'HOME, O_WORKDIR or PRIVATE',
    what: 'where the job starts',
    wrong: (value) => (/^(home|o_workdir|private)$/i.test(value) ? undefined : 'it is one of HOME, O_WORKDIR, PRIVATE'),
    stage: 'honoured',
    how: HANDED_ON,
    example: '-W sandbox=PRIVATE',
  },
  {
    name: 'umask',
    value: 'OCTAL',
    what: 'the umask of the job',
    wrong: (value) => (/^[+-]?\d*$/.test(value) ? undefined : 'it is a number, such as 022'),
    stage: 'honoured',
    how: HANDED_ON,
    example: '-W umask=027',
  },
  {
    name: 'group_list',
    value: 'GROUP[@HOST][,...]',
    what: 'the group that the job runs under',
    wrong: userList,
    stage: 'honoured',
    how: HANDED_ON,
  },
  {
    name: 'run_count',
    value: 'N',
    what: 'how often PBS counts the job as started',
    wrong: count,
    stage: 'honoured',
    how: HANDED_ON,
    example: '-W run_count=3',
  },
  {
    name: 'release_nodes_on_stageout',
    value: 'true or false',
    what: 'release nodes while files are copied out',
    wrong: bool,
    stage: 'honoured',
    how: HANDED_ON,
    example: '-W release_nodes_on_stageout=true',
  },
  {
    name: 'tolerate_node_failures',
    value: 'all, job_start or none',
    what: 'go on when nodes fail',
    wrong: (value) => (/^(all|job_start|none)$/.test(value) ? undefined : 'it is one of all, job_start, none'),
    stage: 'honoured',
    how: HANDED_ON,
    example: '-W tolerate_node_failures=job_start',
  },
  {
    name: 'max_run_subjobs',
    value: 'N',
    what: 'how many subjobs of an array may run at once',
    wrong: count,
    stage: 'honoured',
    how: 'Handed on; it needs an array. In a workflow: `array: 1-100%N`.',
  },
  {
    name: 'create_resv_from_job',
    value: 'true or false',
    what: 'make a reservation of the job once it runs',
    wrong: bool,
    stage: 'honoured',
    how: HANDED_ON,
  },
  {
    name: 'reserve_start',
    value: '[[[[CC]YY]MM]DD]hhmm[.SS]',
    what: 'the start of a reservation',
    wrong: () => 'a reservation has it, and a job has not: see pbs_rsub',
    stage: 'refused',
    how: 'PBS itself refuses it for a job: it is for reservations.',
  },
  {
    name: 'reserve_end',
    value: '[[[[CC]YY]MM]DD]hhmm[.SS]',
    what: 'the end of a reservation',
    wrong: () => 'a reservation has it, and a job has not: see pbs_rsub',
    stage: 'refused',
    how: 'PBS itself refuses it for a job: it is for reservations.',
  },
  {
    name: 'credential',
    value: 'NAME',
    what: 'the kind of credential of the job',
    wrong: () => undefined,
    stage: 'honoured',
    how: HANDED_ON,
  },
  {
    name: 'block',
    value: 'true or false',
    what: 'let qsub wait for the end of the job',
    wrong: trueOrFalse,
    stage: 'refused',
    how: '`true` is refused: every submission would wait for the end of its job. `false` is handed on.',
  },
  {
    name: 'interactive',
    value: 'true or false',
    what: 'as `-I`',
    wrong: trueOrFalse,
    stage: 'refused',
    how: '`true` is refused: such a job cannot run unattended. `false` is handed on.',
  },
];

/** Attributes that options set, by the names that `-W` takes for them as well. */
export const OF_OPTIONS: Readonly<Record<string, string>> = {
  array_indices_submitted: 'J',
  checkpoint: 'c',
  error_path: 'e',
  job_name: 'N',
  join_path: 'j',
  keep_files: 'k',
  mail_points: 'm',
  mail_users: 'M',
  output_path: 'o',
  priority: 'p',
  project: 'P',
  shell_path_list: 'S',
  user_list: 'u',
};

/** Attributes that no user may set (measured; READ_ONLY and NO_USER_SET in job_attr_def.xml). */
export const SET_BY_PBS: ReadonlySet<string> = new Set([
  'accounting_id',
  'alt_id',
  'comment',
  'ctime',
  'estimated',
  'etime',
  'euser',
  'exec_host',
  'job_state',
  'queue',
  'security',
  'server',
  'topjob_ineligible',
]);

/** parse_stage_list() in parse_stage.c: a comma with nothing before it belongs to the name behind it (measured). */
function stageList(value: string): string | undefined {
  const items = value.split(/(?<!\\|^\s*|(?<!\\),\s*),/).map((item) => item.trim());
  return items.every((item) => /^[^@]+@[^\s@:]+:[^@]+$/.test(item))
    ? undefined
    : 'it is LOCAL@HOST:REMOTE, with commas between several';
}

/** What one type of a `depend=` waits for. */
export interface OwnDependency {
  readonly type: string;
  /** job ids as written; of "on" a number */
  readonly jobs: readonly string[];
}

/** Source: deptypes of parse_depend.c, without "synccount" and "syncwith", which the server refuses (measured). */
const TYPES = [
  'after',
  'afterok',
  'afternotok',
  'afterany',
  'before',
  'beforeok',
  'beforenotok',
  'beforeany',
  'on',
  'runone',
];
const JOB_ID = /^\s*\d{1,12}(\[\])?(\.[^\s#@]+)?(@[^\s#@]+)?$/;

/**
 * Source: parse_depend_list() and parse_depend_item() in parse_depend.c, parse_jobid(): a subjob is refused, and so is a
 * server whose name does not resolve, which is not looked at here.
 *
 * @returns undefined when it is not of that form
 */
export function readDependencies(value: string): readonly OwnDependency[] | undefined {
  const found = value.split(',').map((item): OwnDependency => {
    // One colon at the end is accepted (measured).
    const [type = '', ...jobs] = item
      .trim()
      .replace(/(:[^:]+):$/, '$1')
      .split(':');
    return {type, jobs};
  });
  const fits = found.every(
    ({type, jobs}) =>
      TYPES.includes(type) &&
      jobs.length > 0 &&
      (type === 'on' ? jobs.length === 1 && /^0*[1-9]\d*$/.test(jobs[0] ?? '') : jobs.every((job) => JOB_ID.test(job))),
  );
  return fits ? found : undefined;
}
