import {readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {shellQuote} from '../../../base/shell.ts';
import {renderBytes} from '../../../base/units.ts';
import {namesIn} from '../../../disk/facts.ts';
import {readEvents} from '../../../ledger/journal.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {chooseSteps, findRun} from '../../shared/choose.ts';
import {progressInWords} from '../../shared/progress-words.ts';
import type {LogEntry, LogReport} from './render-logs.ts';

/**
 * Everything a run said, merged in time: the events, and each step's output as one block at the time of its last line.
 * Output is read where the wrapper writes it, so it can be read while the job runs.
 *
 * @param more entries from elsewhere, such as what PBS said
 * @throws {NoSuchRun} {NoSuchStep}
 */
export function collectLogs(
  stage: RunsStage,
  request: {readonly run: string; readonly steps: readonly string[]; readonly own: boolean},
  more: readonly LogEntry[] = [],
): LogReport {
  const run = findRun(stage, request.run);
  // The whole log can be read although facts of the run cannot.
  if (request.steps.length > 0) chooseSteps(stage.ledger.open(run).state.spec.workflow, request.steps, run);
  const layout = stage.ledger.placeOf(run);
  const wanted = (step: string | undefined) =>
    request.steps.length === 0 || (step !== undefined && request.steps.includes(step));
  const events = readEvents(layout.journal)
    .filter((event) => wanted(event.step))
    .map((event): LogEntry => {
      const id = event.job ?? event.task;
      const told = [progressInWords(event), event.why ?? ''].filter((part) => part !== '').join(', ');
      const text = [event.event, ...(id ? [id] : []), ...(told ? [`(${told})`] : []), `by ${event.by}`].join(' ');
      return {
        at: new Date(event.at).toISOString(),
        step: event.step || undefined,
        attempt: event.attempt || undefined,
        source: 'event',
        text,
      };
    });
  const output = namesIn(layout.logs)
    .flatMap((name) => readOutput(join(layout.logs, name), name))
    .filter((block) => wanted(block.step) && (request.own || block.source !== 'stage'));
  const blocks = [...[...events, ...more].map((entry) => [entry]), ...output.map((block) => block.entries)].filter(
    (block) => block.length > 0,
  );
  blocks.sort((a, b) => (a[0]?.at ?? '').localeCompare(b[0]?.at ?? ''));
  return {run, entries: blocks.flat()};
}

interface OutputBlock {
  readonly step: string;
  readonly source: LogEntry['source'];
  readonly entries: readonly LogEntry[];
}

const SOURCES: Readonly<Record<string, LogEntry['source']>> = {out: 'stdout', err: 'stderr', pbs: 'pbs', log: 'stage'};

/** Each line takes some hundred bytes more while all are sorted and shown; a string of Node.js ends at 512 MiB. */
const LONGEST_OUTPUT_BYTES = 256 * 1024 * 1024;

/** `compute.1.out`, `compute.1.err`, `compute.1.job.pbs` (what PBS and the wrapper said), `compute.1.sentinel.log` (stage's own). */
function readOutput(path: string, name: string): OutputBlock[] {
  const match = /^([^.]+)\.(\d+)(?:\.[a-z0-9-]+)*\.(out|err|pbs|log)$/.exec(name);
  if (!match) return [];
  const [, step = '', attempt, ending = ''] = match;
  const source = SOURCES[ending] ?? 'stage';
  const {size, mtime} = statSync(path);
  const at = mtime.toISOString();
  if (size > LONGEST_OUTPUT_BYTES) {
    const text = `too long to be shown with the rest (${renderBytes(size)}): less ${shellQuote(path)}`;
    return [{step, source, entries: [{at, step, attempt: Number(attempt), source: 'event', text}]}];
  }
  const text = readFileSync(path, 'utf8');
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n');
  return text === ''
    ? []
    : [{step, source, entries: lines.map((line) => ({at, step, attempt: Number(attempt), source, text: line}))}];
}
