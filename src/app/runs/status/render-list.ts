import {largest, renderTime} from '../../../base/units.ts';
import type {ChainText} from '../../../standing/chain-standing.ts';
import type {RunStateWord} from '../../../standing/standing.ts';
import {renderChain, stateInWords} from '../../shared/render-status.ts';
import type {TransferringView, TroubleView} from '../../shared/run-view.ts';
import {hang, pad, ROOM_FOR_TEXT, type Style, widthOf} from '../../shared/text-layout.ts';

/** A run in one line. */
export interface RunLine {
  readonly run: string;
  readonly name: string;
  readonly state: RunStateWord | 'unreadable';
  readonly reason: string;
  /** absent when the run cannot be read */
  readonly createdAt?: string | undefined;
  readonly endedAt?: string | undefined;
  /** its jobs have ended, and what they made is on its way */
  readonly transferringOutput?: TransferringView | undefined;
  /** what keeps the processes that carry it from PBS or Globus; absent where nothing is known to */
  readonly troubles?: readonly TroubleView[] | undefined;
  readonly steps: {readonly all: number; readonly ended: number};
  /** jobs and tasks of the steps that have not ended; where they were asked for */
  readonly ids?: readonly {
    readonly step: string;
    readonly job?: string | undefined;
    readonly task?: string | undefined;
  }[];
}

const HEAD = ['RUN', 'STATE', 'STEPS', 'STARTED', 'ENDED', 'REASON'];
const BELOW = '    ';

/** All runs, and how the monitor chain stands. */
export function renderListReport(
  {
    runs,
    chain,
    foundAgain = [],
  }: {
    readonly runs: readonly RunLine[];
    readonly chain?: ChainText | undefined;
    readonly foundAgain?: readonly string[] | undefined;
  },
  style: Style,
): string {
  const again = foundAgain.map((run) => `${run} was missing in active/, so that no look found it; the next look does.`);
  return [renderList(runs, style), ...renderChain(chain, style), ...again].join('\n');
}

/** All runs, a line each where there is room. */
export function renderList(runs: readonly RunLine[], style: Style): string {
  if (runs.length === 0) return 'No matching runs.';
  const rows = [HEAD, ...runs.map(cellsOf)];
  const widths = HEAD.map((_, column) => largest(rows.map((row) => widthOf(row[column] ?? ''))));
  const columns = fitting(widths, style);
  const head = HEAD.slice(0, columns).map((title, column) => pad(title, widths[column] ?? 0));
  return [
    head.join('  ').trimEnd(),
    ...runs.flatMap((run, index) => renderRunLine(run, rows[index + 1] ?? [], widths, columns, style)),
  ].join('\n');
}

/** How many columns stand in the line itself: all, all but the reason, or those that matter first. */
function fitting(widths: readonly number[], {width}: Style): number {
  const taken = (columns: number) => widths.slice(0, columns).reduce((sum, each) => sum + each + 2, 0);
  if (width === undefined) return HEAD.length;
  const reason = Math.min(widths.at(-1) ?? 0, ROOM_FOR_TEXT);
  if (taken(HEAD.length - 1) + reason <= width) return HEAD.length;
  return taken(HEAD.length - 1) - 2 <= width ? HEAD.length - 1 : 3;
}

function cellsOf(run: RunLine): string[] {
  return [
    run.run,
    stateInWords(run),
    `${run.steps.ended}/${run.steps.all}`,
    run.createdAt ? renderTime(run.createdAt) : '',
    run.endedAt ? renderTime(run.endedAt) : '',
    run.state === 'succeeded' ? '' : run.reason,
  ];
}

function renderRunLine(
  {ids = []}: RunLine,
  cells: readonly string[],
  widths: readonly number[],
  columns: number,
  style: Style,
): string[] {
  const padded = cells.map((cell, column) => pad(cell, widths[column] ?? 0));
  const reason = cells.at(-1) ?? '';
  const beside = columns === HEAD.length;
  const line = padded.slice(0, beside ? columns - 1 : columns).join('  ');
  const first = beside ? hang(`${line}  `, reason, ' '.repeat(widthOf(line) + 2), style) : [line];
  const times = cells.slice(columns, -1).filter((cell) => cell !== '');
  const below = beside ? [] : [times.join(' to '), reason].filter((text) => text !== '');
  return [
    ...first.map((each) => each.trimEnd()),
    ...below.flatMap((text) => hang(BELOW, text, `${BELOW}  `, style)),
    ...ids.map(({step, job, task}) =>
      [`${BELOW}${step}`, ...(job ? [`job ${job}`] : []), ...(task ? [`task ${task}`] : [])].join('  '),
    ),
  ];
}
