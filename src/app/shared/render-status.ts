import {renderBytes, renderDuration, renderFiles, renderTime} from '../../base/units.ts';
import type {StepStateWord} from '../../standing/standing.ts';
import type {RunView, StepView} from './run-view.ts';

export interface Style {
  readonly colour: boolean;
  /** columns of the terminal; absent where there is none */
  readonly width?: number;
}

type Paint = 'green' | 'red' | 'yellow' | 'cyan' | 'dim';
const CODES: Readonly<Record<Paint, [number, number]>> = {
  green: [32, 39],
  red: [31, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  dim: [2, 22],
};

export function paint(text: string, colour: Paint, {colour: on}: Style): string {
  const [start, end] = CODES[colour];
  return on ? `\u001b[${start}m${text}\u001b[${end}m` : text;
}

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

/** A run as a tree: its steps below it, each with what is known of it. */
export function renderRun(view: RunView, style: Style): string {
  const [sign, colour] = SIGNS[runSign(view)];
  const times = view.endedAt
    ? `${renderTime(view.createdAt)} to ${renderTime(view.endedAt)}`
    : `since ${renderTime(view.createdAt)}`;
  const head = `${paint(sign, colour, style)} ${view.run}  ${paint(view.state, colour, style)}  ${paint(times, 'dim', style)}`;
  const width = Math.max(...view.steps.map((step) => step.step.length));
  const lines = view.steps.map((step, index) => {
    const branch = index === view.steps.length - 1 ? '└─' : '├─';
    return clip(`${paint(branch, 'dim', style)} ${renderStep(step, width, style)}`, style);
  });
  return [
    head,
    ...(view.reason && view.state !== 'succeeded' ? [clip(`│  ${view.reason}`, style)] : []),
    ...lines,
  ].join('\n');
}

function runSign(view: RunView): StepStateWord {
  if (view.state === 'active') return 'running';
  return view.state === 'cancelling' ? 'cancelled' : view.state;
}

function renderStep(step: StepView, width: number, style: Style): string {
  const [sign, colour] = SIGNS[step.state];
  const parts = [
    step.job ?? step.task ?? '',
    renderProgress(step),
    step.exitStatus === undefined || step.reason.includes('exit status') ? '' : `exit status ${step.exitStatus}`,
    step.reason,
    step.attempt > 1 ? `attempt ${step.attempt}` : '',
    ...(step.places ?? []).map(({end, written, is}) => `${end} ${written} (${is})`),
  ].filter((part) => part !== '');
  return `${paint(sign, colour, style)} ${step.step.padEnd(width)}  ${paint(step.state.padEnd(12), colour, style)}  ${parts.join(', ')}`.trimEnd();
}

function renderProgress(step: StepView): string {
  if (step.bytesTransferred === undefined) return '';
  const files = step.filesTransferred === undefined ? '' : `, ${renderFiles(step.filesTransferred, step.files)}`;
  const rate = step.bytesPerSecond ? `, ${renderBytes(step.bytesPerSecond)}/s` : '';
  const left = step.secondsRemaining === undefined ? '' : `, about ${renderDuration(step.secondsRemaining)} left`;
  return `${renderBytes(step.bytesTransferred)}${files}${rate}${left}`;
}

/** No line wraps in a live view, where the cursor goes back by lines. */
function clip(line: string, style: Style): string {
  const {width} = style;
  if (width === undefined) return line;
  let printed = 0;
  for (const match of line.matchAll(/\u001b\[[0-9;]*m|./gu)) {
    if (match[0].startsWith('\u001b')) continue;
    printed++;
    if (printed === width && line.length > match.index + match[0].length)
      return `${line.slice(0, match.index)}…${style.colour ? '\u001b[0m' : ''}`;
  }
  return line;
}

interface StatusParts {
  readonly runs: readonly RunView[];
  readonly problems: readonly ProblemText[];
  readonly notKnown: readonly string[];
}

const ENDED_SHOWN = 5;

/** All runs: active ones as trees, the latest ended ones as lines. One run alone is always a tree. */
export function renderStatus({runs, problems, notKnown}: StatusParts, style: Style): string {
  const only = runs.length === 1 ? runs[0] : undefined;
  const ended = only ? [] : runs.filter((run) => run.endedAt !== undefined);
  const trees = only ? [only] : runs.filter((run) => run.endedAt === undefined);
  const older =
    ended.length > ENDED_SHOWN
      ? [paint(`${ended.length - ENDED_SHOWN} more have ended: stage list`, 'dim', style)]
      : [];
  const lines = ended.slice(-ENDED_SHOWN).map((run) => {
    const [sign, colour] = SIGNS[runSign(run)];
    return `${paint(sign, colour, style)} ${run.run}  ${paint(run.state, colour, style)}  ${run.state === 'succeeded' ? '' : run.reason}`.trimEnd();
  });
  return [
    ...(runs.length === 0 ? ['No runs yet. Start one: stage run workflow.yaml'] : []),
    ...older,
    ...lines,
    ...trees.map((run) => renderRun(run, style)),
    ...notKnown.map((line) => paint(`${line}; nothing was concluded`, 'yellow', style)),
    ...renderProblems(problems),
  ].join('\n');
}

export interface ProblemText {
  readonly what: string;
  readonly why?: string;
  readonly next: readonly string[];
}

/** What stood in the way this time; nothing of it is lost. */
export function renderProblems(problems: readonly ProblemText[]): string[] {
  return problems.flatMap(({what, why, next}) => [
    `not done now: ${what}${why ? `: ${why}` : ''}`,
    ...next.map((line) => `  ${line}`),
  ]);
}
