import {count, largest, renderTime} from '../../base/units.ts';
import {type ChainText, chainInWords} from '../../standing/chain-standing.ts';
import type {StepStateWord} from '../../standing/standing.ts';
import {progressInWords} from './progress-words.ts';
import type {RunView, StepView} from './run-view.ts';
import {hang, type Paint, pad, paint, ROOM_FOR_TEXT, type Style, widthOf, wrapped} from './text-layout.ts';

const SIGNS: Readonly<Record<StepStateWord, [sign: string, colour: Paint]>> = {
  waiting: ['·', 'dim'],
  held: ['·', 'dim'],
  queued: ['·', 'cyan'],
  running: ['▶', 'cyan'],
  transferring: ['▶', 'cyan'],
  paused: ['‖', 'yellow'],
  'action-needed': ['!', 'red'],
  unknown: ['?', 'yellow'],
  deleted: ['!', 'yellow'],
  succeeded: ['✓', 'green'],
  failed: ['✗', 'red'],
  cancelled: ['✗', 'yellow'],
  skipped: ['-', 'dim'],
  lost: ['?', 'yellow'],
};

/**
 * A run as a tree: its steps below it, each with what matters first, and ids last.
 *
 * @param left steps that are only counted, where not all have room
 */
export function renderRun(view: RunView, style: Style, left: readonly StepView[] = []): string {
  const last = left.length > 0 ? undefined : view.steps.length - 1;
  const columns = columnsFor(view.steps, style);
  return [
    ...renderHead(view, style),
    ...view.steps.flatMap((step, index) => renderStep(step, index === last, columns, style)),
    ...(left.length > 0 ? [renderLeft(left, style)] : []),
  ].join('\n');
}

/** The run itself in a line, and below it what a person should know first. */
function renderHead(view: RunView, style: Style): string[] {
  const [sign, colour] = SIGNS[runSign(view)];
  const times = view.endedAt
    ? `${renderTime(view.createdAt)} to ${renderTime(view.endedAt)}`
    : `since ${renderTime(view.createdAt)}`;
  const first = `${paint(sign, colour, style)} ${view.run}  ${paint(stateInWords(view), colour, style)}`;
  const fits = style.width === undefined || widthOf(first) + 2 + times.length <= style.width;
  const head = fits ? [`${first}  ${paint(times, 'dim', style)}`] : [first, `│  ${paint(times, 'dim', style)}`];
  const told = view.state === 'succeeded' ? '' : reasonOf(view);
  return [...head, ...(told ? hang('│  ', told, '│    ', style) : [])];
}

/** How a run stands in a word or two: `active`, and what is left to do where that is its output alone. */
export function stateInWords({
  state,
  transferringOutput,
}: {
  readonly state: string;
  readonly transferringOutput?: unknown;
}): string {
  return state === 'active' && transferringOutput !== undefined ? 'transferring output' : state;
}

/** What a step's own line says in full is named here, and not said twice. */
function reasonOf({reason, steps}: RunView): string {
  const step = steps.find((one) => one.reason !== '' && reason.endsWith(`${one.step}: ${one.reason}`));
  return step ? `${reason.slice(0, -step.reason.length)}${step.state}` : reason;
}

function runSign(view: RunView): StepStateWord {
  if (view.state === 'active') return 'running';
  return view.state === 'cancelling' ? 'cancelled' : view.state;
}

interface Columns {
  readonly name: number;
  readonly state: number;
  /** what is known of a step stands below its name, where beside it there is no room */
  readonly below: boolean;
}

const BRANCH = '├─ x '.length;
const STATE = 12;

function columnsFor(steps: readonly StepView[], {width}: Style): Columns {
  const name = largest(steps.map(({step}) => widthOf(step)));
  const below = width !== undefined && width - (BRANCH + name + 2 + STATE + 2) < ROOM_FOR_TEXT;
  return {name, state: STATE, below};
}

/** One step of the tree, with the lines that hang below it. */
function renderStep(step: StepView, isLast: boolean, columns: Columns, style: Style): string[] {
  const [sign, colour] = SIGNS[step.state];
  const branch = paint(isLast ? '└─' : '├─', 'dim', style);
  const guide = isLast ? ' ' : paint('│', 'dim', style);
  const begin = `${branch} ${paint(sign, colour, style)} `;
  const text = partsOfLine(step, style).join(', ');
  if (columns.below) {
    const head = `${begin}${step.step}  ${paint(step.state, colour, style)}`;
    return [head, ...(text ? hang(`${guide}    `, text, `${guide}      `, style) : [])];
  }
  const head = `${begin}${pad(step.step, columns.name)}  ${paint(step.state.padEnd(columns.state), colour, style)}  `;
  const rest = `${guide}${' '.repeat(BRANCH + columns.name + 2 + columns.state + 1)}`;
  return hang(head, text, rest, style).map((line) => line.trimEnd());
}

function partsOfLine(step: StepView, style: Style): string[] {
  return [
    progressInWords(step),
    step.exitStatus === undefined || step.reason.includes('exit status') ? '' : `exit status ${step.exitStatus}`,
    step.reason,
    step.attempt > 1 ? `attempt ${step.attempt}` : '',
    ...(step.places ?? []).map(({end, written, is}) => `${end} ${written} (${is})`),
    step.job ? `job ${style.ids ? step.job : shortJob(step.job)}` : '',
    step.task ? `task ${style.ids ? step.task : shortTask(step.task)}` : '',
  ].filter((part) => part !== '');
}

/** PBS's own commands take the number of a job without its server. */
function shortJob(job: string): string {
  return job.split('.')[0] ?? job;
}

const SHORT_TASK = 8;
/** Enough of a UUID to tell tasks apart by eye. */
function shortTask(task: string): string {
  return /^[0-9a-f]{8}-/i.test(task) ? task.slice(0, SHORT_TASK) : task;
}

function renderLeft(steps: readonly StepView[], style: Style): string {
  const states = new Map<string, number>();
  for (const {state} of steps) states.set(state, (states.get(state) ?? 0) + 1);
  const words = [...states].map(([state, number]) => `${number} ${state}`).join(', ');
  return paint(`└─ ${count(steps.length, 'more step')}: ${words}`, 'dim', style);
}

interface StatusParts {
  readonly chain?: ChainText | undefined;
  readonly runs: readonly RunView[];
  readonly problems: readonly ProblemText[];
  readonly notKnown: readonly string[];
}

const ENDED_SHOWN = 5;

/** All runs: active ones as trees, the latest ended ones as lines. One run alone is always a tree. */
export function renderStatus({runs, problems, notKnown, chain}: StatusParts, style: Style): string {
  const only = runs.length === 1 ? runs[0] : undefined;
  const ended = only ? [] : runs.filter((run) => run.endedAt !== undefined);
  const trees = only ? [only] : runs.filter((run) => run.endedAt === undefined);
  const older =
    ended.length > ENDED_SHOWN
      ? [paint(`${ended.length - ENDED_SHOWN} more have ended: stage list`, 'dim', style)]
      : [];
  const lines = ended.slice(-ENDED_SHOWN).flatMap((run) => {
    const [sign, colour] = SIGNS[runSign(run)];
    const head = `${paint(sign, colour, style)} ${run.run}  ${paint(run.state, colour, style)}`;
    return run.state === 'succeeded' ? [head] : hang(`${head}  `, run.reason, '    ', style);
  });
  return [
    ...(runs.length === 0 ? ['No runs yet. Start one: stage run workflow.yaml'] : []),
    ...older,
    ...lines,
    ...trees.map((run) => renderRun(run, style)),
    ...renderChain(chain, style),
    ...renderUnknown(notKnown, style),
    ...renderProblems(problems, style),
  ].join('\n');
}

/** How the monitor chain stands. */
export function renderChain(chain: ChainText | undefined, style: Style): string[] {
  if (!chain) return [];
  return chainInWords(chain).map((line) => paint(wrapped(line, style), chain.broken ? 'yellow' : 'dim', style));
}

/** What could not be learnt this time. */
export function renderUnknown(notKnown: readonly string[], style: Style): string[] {
  return notKnown.map((line) => paint(wrapped(`${line}; nothing was concluded`, style), 'yellow', style));
}

export interface ProblemText {
  readonly what: string;
  readonly why?: string | undefined;
  readonly next: readonly string[];
}

const UNWRAPPED: Style = {colour: false};

/** What stood in the way this time; nothing of it is lost. */
export function renderProblems(problems: readonly ProblemText[], style: Style = UNWRAPPED): string[] {
  return problems.flatMap(({what, why, next}) => [
    wrapped(`not done now: ${what}${why ? `: ${why}` : ''}`, style),
    ...next.map((line) => wrapped(`  ${line}`, style)),
  ]);
}
