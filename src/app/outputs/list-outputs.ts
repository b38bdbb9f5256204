import {iso} from '../../base/time.ts';
import {count, renderBytes, renderTime} from '../../base/units.ts';
import {EXIT, type ExitCode} from '../../errors.ts';
import type {OutputsStage} from '../../wiring/stage.ts';
import {findRun} from '../shared/choose.ts';
import {hang, type Style} from '../shared/text-layout.ts';
import {type Surveyed, survey} from './survey.ts';

/** One output area. Times in ISO 8601 UTC, sizes in bytes: the shape of `--json`. */
export interface OutputView {
  readonly area: string;
  readonly run: string;
  readonly step: string;
  /** what it is for */
  readonly reason: string;
  /** `active`: its run has not ended; `kept`; `to-go`: "stage outputs sweep" removes it; `gone`; `unreadable` */
  readonly state: 'active' | 'kept' | 'to-go' | 'gone' | 'unreadable';
  readonly why: string;
  /** absolute, on this cluster */
  readonly paths: readonly string[];
  /** where the transfer finds it: `collection:path` */
  readonly place?: string | undefined;
  /** since when jobs may fill it */
  readonly since?: string | undefined;
  /** as its source was listed before it was moved; absent: it was not listed */
  readonly files?: number | undefined;
  readonly bytes?: number | undefined;
  /** there was more than the listing says */
  readonly cut?: boolean | undefined;
  /** absent: until a person releases it */
  readonly keptUntil?: string | undefined;
  readonly released?: {readonly at: string; readonly by: string} | undefined;
}

export interface OutputsReport {
  readonly outputs: readonly OutputView[];
  readonly exit: ExitCode;
}

/** What jobs of runs have left on disk, oldest first. @param asked a run; all when absent @param gone those, too, that are not on disk any more @throws {NoSuchRun} */
export async function listOutputs(
  stage: OutputsStage,
  asked: {run?: string | undefined; gone: boolean},
): Promise<OutputsReport> {
  const run = asked.run === undefined ? undefined : findRun(stage, asked.run);
  const found = await survey(stage, Date.now(), run);
  const outputs = found.map(viewOutput).filter(({state}) => asked.gone || state !== 'gone');
  return {outputs, exit: outputs.some(({state}) => state === 'unreadable') ? EXIT.unreachable : EXIT.ok};
}

export function viewOutput(one: Surveyed): OutputView {
  if (one.is === 'damaged') {
    const [name = '', number = '', step = ''] = one.name.split('.');
    const run = `${name}.${number}`;
    return {area: one.name, run, step, reason: 'output', state: 'unreadable', why: one.why, paths: []};
  }
  const {area, judged} = one;
  const {name, run, step, reason, paths, place, filledAt, seen, released} = area;
  return {
    area: name,
    run,
    step,
    reason,
    state: judged.is,
    why: judged.why,
    paths,
    place,
    since: iso(filledAt),
    files: seen?.files,
    bytes: seen?.bytes,
    cut: seen?.cut || undefined,
    keptUntil: judged.is === 'kept' ? iso(judged.until) : undefined,
    released: released && {at: iso(released.at), by: released.by},
  };
}

/** An area in a few lines: what matters first. */
export function renderOutput(
  {area, state, why, paths, since, files, bytes, cut, keptUntil}: OutputView,
  style: Style,
): string[] {
  const size =
    bytes === undefined
      ? 'size not known'
      : `${cut ? 'at least ' : ''}${renderBytes(bytes)} in ${count(files ?? 0, 'file')}`;
  const until = keptUntil === undefined ? '' : `; kept until ${renderTime(keptUntil)}`;
  const times = since === undefined ? '' : `, since ${renderTime(since)}`;
  return [
    ...hang(`${area}  ${state}  `, `${size}${times}`, '    ', style),
    ...hang('    ', `${why}${until}`, '      ', style),
    ...paths.slice(0, MOST_SHOWN).map((path) => `    ${path}`),
    ...(paths.length > MOST_SHOWN ? [`    and ${count(paths.length - MOST_SHOWN, 'more path')}`] : []),
  ];
}

const MOST_SHOWN = 5;

export function renderOutputs({outputs}: OutputsReport, style: Style): string {
  if (outputs.length === 0)
    return 'No output is on record. What jobs make is registered where the profile maps paths of the cluster to collections ("paths").';
  return outputs.flatMap((output) => renderOutput(output, style)).join('\n');
}
