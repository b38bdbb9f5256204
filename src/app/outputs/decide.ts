import {hostname} from 'node:os';
import {KEEP, MAX_KEEP_SECONDS, readDuration} from '../../base/duration.ts';
import {iso} from '../../base/time.ts';
import {renderTime} from '../../base/units.ts';
import {RequestWrong} from '../../errors.ts';
import type {Area} from '../../outputs/area.ts';
import type {OutputsStage} from '../../wiring/stage.ts';
import {findRun} from '../shared/choose.ts';
import {releaseSpace} from './release-space.ts';
import {type Surveyed, survey} from './survey.ts';

export interface OutputsAsked {
  readonly run: string;
  /** only what this step moves */
  readonly step?: string | undefined;
}

export interface DecisionReport {
  readonly message: string;
  readonly areas: readonly string[];
  readonly keptUntil?: string | undefined;
  /** pools of which the run held something that is free now */
  readonly pools?: readonly string[] | undefined;
}

/** Keep what the jobs of a run made for longer. @param time from now, such as `14d` @throws {NoSuchRun} {RequestWrong} */
export async function keepOutputs(stage: OutputsStage, asked: OutputsAsked, time: string): Promise<DecisionReport> {
  const ms = readDuration(time, MAX_KEEP_SECONDS);
  if (ms === undefined) throw new RequestWrong(`"${time}" cannot be used as a time; ${KEEP}`);
  const {run, areas} = await chosen(stage, asked);
  const let_go = areas.find(({released, removal}) => released ?? removal);
  if (let_go)
    throw new RequestWrong(`the output of ${run} was released`, {
      why: `${let_go.released?.by ?? let_go.removal?.by} said that it may go; that is final`,
      next: [`See what is left of it: stage outputs list ${run}`],
    });
  const at = Date.now();
  for (const {name} of areas)
    createNumbered((number) =>
      stage.outputs.areas.create(name, `kept-${number}`, {at, by: stage.person, until: at + ms}),
    );
  return {
    message: `the output of ${run} is kept until ${renderTime(at + ms)} at least`,
    areas: areas.map(({name}) => name),
    keptUntil: iso(at + ms),
  };
}

/**
 * A person's word that what the jobs of a run made may go: what lies there now, and what the run still holds of a pool.
 *
 * @throws {NoSuchRun} {RequestWrong} while the run is active
 */
export async function releaseOutputs(stage: OutputsStage, asked: OutputsAsked): Promise<DecisionReport> {
  const {run, areas, found} = await chosen(stage, asked);
  if (found.some(({owner}) => owner.is === 'active'))
    throw new RequestWrong(`${run} has not ended: it may still need its output`, {
      next: [`See its state: stage status ${run}`, `End it first: stage cancel ${run}`],
    });
  const at = Date.now();
  const {person: by} = stage;
  for (const {area, owner, there} of found) {
    // What lies there now is what the person lets go, and nothing that may come later.
    const what = there.flatMap((each) => {
      if (each.is !== 'there') return [];
      const {is: _, ...one} = each;
      return [one];
    });
    const {files, bytes, cut} = area.seen ?? {};
    const seen = {at, by, host: hostname(), found: what, files, bytes, cut};
    createNumbered((number) => stage.outputs.areas.create(area.name, `seen-${area.filling}-${number}`, seen));
    const resumes = owner.is === 'ended' ? owner.resumes : 0;
    stage.outputs.areas.create(area.name, `released-${area.filling}-${resumes}`, {at, by});
  }
  const pools = releaseSpace(stage, run);
  const freed = pools.length === 0 ? '' : `; what it held of ${pools.join(', ')} is free`;
  return {
    message: `the output of ${run} may go${freed}; to remove it: stage outputs sweep`,
    areas: areas.map(({name}) => name),
    pools: pools.length > 0 ? pools : undefined,
  };
}

type Whole = Surveyed & {readonly is: 'whole'};

async function chosen(
  stage: OutputsStage,
  asked: OutputsAsked,
): Promise<{run: string; areas: readonly Area[]; found: readonly Whole[]}> {
  const run = findRun(stage, asked.run);
  stage.requireState();
  const all = await survey(stage, Date.now(), run);
  const damaged = all.find((one) => one.is === 'damaged');
  if (damaged?.is === 'damaged')
    throw new RequestWrong('the record of an output area cannot be read', {
      why: damaged.why,
      next: ['Restore that file from a backup.'],
    });
  const found = all.flatMap((one) =>
    one.is === 'whole' && one.judged.is !== 'gone' && (asked.step === undefined || one.area.step === asked.step)
      ? [one]
      : [],
  );
  if (found.length === 0)
    throw new RequestWrong(`no output of ${run}${asked.step === undefined ? '' : ` for ${asked.step}`} is on record`, {
      why: 'what jobs make for a transfer is registered where the profile maps paths of the cluster to collections ("paths")',
      next: ['List what is: stage outputs list --all'],
    });
  return {run, areas: found.map(({area}) => area), found};
}

/** The next fact of its kind; another process may take a number first. */
export function createNumbered(create: (number: number) => boolean): number {
  for (let number = 1; ; number++) if (create(number)) return number;
}
