import {HANDED_ON} from './job-attributes.ts';
import {
  anything,
  arrayRange,
  checkpoint,
  date,
  destination,
  type Judge,
  jobName,
  join,
  keep,
  mailPoints,
  mailUsers,
  outputPath,
  priority,
  project,
  removeFiles,
  shells,
  userList,
  yesOrNo,
} from './option-values.ts';
import {variableList} from './variables.ts';

/** What stage does with an option of a `#PBS` line. */
export type Treatment =
  /** PBS gets it as it stands, and does what it does for qsub */
  | 'honoured'
  /** it holds together with what stage says */
  | 'merged'
  /** it holds unless the workflow says otherwise */
  | 'overridden'
  /** PBS does not get it: stage does what it means */
  | 'taken over'
  /** it has no meaning under stage, and is dropped */
  | 'left out'
  | 'refused';

/** One option of qsub(1B). */
export interface OptionRow {
  readonly letter: string;
  /** what its value is called; absent for one without a value */
  readonly value?: string;
  readonly what: string;
  /** of a value that no OpenPBS takes */
  readonly wrong: Judge;
  readonly stage: Treatment;
  readonly how: string;
  /** the keys of a workflow that take its place; the flags of `stage job submit` have the same names */
  readonly keys?: readonly string[];
  /** qsub looks at its value even where its command line takes its place (process_opts() in qsub.c) */
  readonly always?: true;
  /** of which two jobs are compared, by `qsub SCRIPT` and by stage */
  readonly example?: string;
}

const OUTPUT = `${HANDED_ON} The output is in PBS’s file and in \`stage logs\` alike.`;

/**
 * The options of qsub(1B), in the order of its usage. Source: OpenPBS, GETOPT_ARGS in qsub_sup.c
 * ("a:A:c:C:e:fhIj:J:k:l:m:M:N:o:p:q:r:R:S:u:v:VW:XzP:") and process_opts() in qsub.c; each value by the function that is
 * named where it is judged.
 */
export const OPTIONS: readonly OptionRow[] = [
  {
    letter: 'a',
    value: 'date_time',
    what: 'do not start before',
    wrong: date,
    stage: 'honoured',
    how: `${HANDED_ON} A time without a day is counted from each submission, also from that of a further attempt.`,
    example: '-a 203506301200',
  },
  {
    letter: 'A',
    value: 'account',
    what: 'account string',
    wrong: anything,
    stage: 'overridden',
    keys: ['account'],
    how: 'The profile’s `account` is for scripts that name none.',
    example: '-A climate',
  },
  {
    letter: 'c',
    value: 'checkpoint',
    what: 'when to make checkpoints',
    wrong: checkpoint,
    stage: 'honoured',
    how: HANDED_ON,
    example: '-c n',
  },
  {
    letter: 'C',
    value: 'prefix',
    what: 'prefix of directives',
    wrong: anything,
    stage: 'honoured',
    how: 'It has no effect within a script, as with qsub: lines that begin with `#PBS` are the directives.',
  },
  {
    letter: 'e',
    value: 'path',
    what: 'file for standard error',
    wrong: outputPath,
    stage: 'honoured',
    how: OUTPUT,
    example: '-e err.txt',
  },
  {
    letter: 'f',
    what: 'leave no qsub in the background',
    wrong: anything,
    stage: 'honoured',
    how: 'stage says it anyway.',
  },
  {
    letter: 'h',
    what: 'user hold',
    wrong: anything,
    stage: 'honoured',
    how: 'The hold is yours: stage never ends it. `qrls`, or `stage release RUN --qhold`, does.',
    example: '-h',
  },
  {letter: 'I', what: 'interactive job', wrong: anything, stage: 'refused', how: 'Such a job cannot run unattended.'},
  {
    letter: 'j',
    value: 'oe, eo or n',
    what: 'join the two outputs',
    wrong: join,
    stage: 'honoured',
    how: OUTPUT,
    example: '-j oe',
  },
  {
    letter: 'J',
    value: 'range',
    what: 'job array',
    wrong: arrayRange,
    stage: 'refused',
    how: 'In a workflow the key `array` of the step says it, since stage tells the end of each subjob. `stage job submit` hands it on.',
  },
  {
    letter: 'k',
    value: 'keep',
    what: 'where the outputs stay',
    wrong: keep,
    stage: 'honoured',
    how: OUTPUT,
    example: '-k oe',
  },
  {
    letter: 'l',
    value: 'resources',
    what: 'resources',
    wrong: anything, // resource-list.ts
    stage: 'merged',
    keys: ['resources'],
    how: 'By resource: the first line that names one holds, as with qsub; `resources` of the step take its place. Those of the profile are for what neither says. Where script or step say how chunks look (`select`, `nodes`, `ncpus`, `mem`, …), the profile’s resources of chunks are left out.',
    always: true,
    example: '-l select=1:ncpus=1:mem=100mb -l walltime=00:10:00',
  },
  {
    letter: 'm',
    value: 'events',
    what: 'when to send mail',
    wrong: mailPoints,
    stage: 'honoured',
    how: `${HANDED_ON} Jobs of stage itself send none.`,
    example: '-m abe',
  },
  {
    letter: 'M',
    value: 'users',
    what: 'whom to send mail',
    wrong: mailUsers,
    stage: 'honoured',
    how: HANDED_ON,
    example: '-M someone@host.example',
  },
  {
    letter: 'N',
    value: 'name',
    what: 'name of the job',
    wrong: jobName,
    stage: 'overridden',
    keys: ['job_name'],
    how: 'Without it and without the key, a job of a run is named STEP.RUN, and one of `stage job submit` after its script.',
    example: '-N my.job',
  },
  {
    letter: 'o',
    value: 'path',
    what: 'file for standard output',
    wrong: outputPath,
    stage: 'honoured',
    how: OUTPUT,
    example: '-o out.txt',
  },
  {
    letter: 'p',
    value: 'priority',
    what: 'priority among your jobs',
    wrong: priority,
    stage: 'honoured',
    how: HANDED_ON,
    example: '-p 100',
  },
  {
    letter: 'P',
    value: 'project',
    what: 'project',
    wrong: project,
    stage: 'overridden',
    keys: ['project'],
    how: 'The profile’s `project` is for scripts that name none.',
    example: '-P fusion',
  },
  {
    letter: 'q',
    value: 'destination',
    what: 'queue, server, or queue at a server',
    wrong: destination,
    stage: 'overridden',
    keys: ['queue'],
    how: 'The profile’s `queue` is for scripts that name none.',
    example: '-q workq',
  },
  {
    letter: 'r',
    value: 'y or n',
    what: 'whether PBS may start it again',
    wrong: yesOrNo,
    stage: 'honoured',
    how: '`n` also means `on_interrupted: fail`: the script is never started twice. PBS takes no array with it.',
    always: true,
    example: '-r n',
  },
  {
    letter: 'R',
    value: 'o, e or oe',
    what: 'outputs to remove after success',
    wrong: removeFiles,
    stage: 'honoured',
    how: OUTPUT,
    example: '-R oe',
  },
  {
    letter: 'S',
    value: 'shells',
    what: 'the shell on top of the job',
    wrong: shells,
    stage: 'taken over',
    how: 'Handed on where it names shells, for hosts or all. A `#!` line decides what reads the script, as with qsub. See [workflow-file.md](workflow-file.md#what-a-script-finds).',
  },
  {letter: 'u', value: 'users', what: 'under which user it runs', wrong: userList, stage: 'honoured', how: HANDED_ON},
  {
    letter: 'v',
    value: 'variables',
    what: 'variables for the job',
    wrong: variableList,
    stage: 'merged',
    how: 'They are in the script’s environment beside those of `env`, which win. A name without a value is taken from the environment of the command that makes the run. The last `-v` holds, as with qsub.',
    always: true,
  },
  {
    letter: 'V',
    what: 'the whole environment for the job',
    wrong: anything,
    stage: 'taken over',
    how: 'It is the environment of the command that makes the run.',
  },
  {
    letter: 'W',
    value: 'attributes',
    what: 'further attributes',
    wrong: anything, // job-attributes.ts
    stage: 'merged',
    how: 'By attribute; see below.',
    always: true,
  },
  {
    letter: 'X',
    what: 'X11 forwarding of interactive jobs',
    wrong: anything,
    stage: 'left out',
    how: 'It means nothing for a job that runs unattended.',
  },
  {letter: 'z', what: 'do not print the id', wrong: anything, stage: 'left out', how: 'stage needs the id.'},
];

const BY_LETTER: ReadonlyMap<string, OptionRow> = new Map(OPTIONS.map((row) => [row.letter, row]));

export function optionRow(letter: string): OptionRow | undefined {
  return BY_LETTER.get(letter);
}

/** @returns undefined for a letter that is no option */
export function takesValue(letter: string): boolean | undefined {
  const row = BY_LETTER.get(letter);
  return row && row.value !== undefined;
}
