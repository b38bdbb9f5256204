import {hostname} from 'node:os';
import {count, renderBytes} from '../../base/units.ts';
import {EXIT, type ExitCode} from '../../errors.ts';
import {removeFound} from '../../outputs/remove.ts';
import type {OutputsStage} from '../../wiring/stage.ts';
import {hang, type Style} from '../shared/text-layout.ts';
import {createNumbered} from './decide.ts';
import {type OutputView, renderOutput, viewOutput} from './list-outputs.ts';
import {releaseSpace} from './release-space.ts';
import {ownerOf, type Surveyed, survey} from './survey.ts';

export interface SweptView extends OutputView {
  /** what was removed of it; absent in a dry run, and where nothing was */
  readonly removed?: {readonly files: number; readonly bytes: number} | undefined;
  /** why it is still there, or some of it */
  readonly left?: string | undefined;
}

export interface SweepReport {
  readonly dryRun: boolean;
  readonly swept: readonly SweptView[];
  readonly exit: ExitCode;
}

/**
 * Remove the areas that a person has released, or whose time is over, and whose run has ended.
 *
 * @param remove else it says what would be removed, and changes nothing
 */
export async function sweepOutputs(stage: OutputsStage, {remove}: {readonly remove: boolean}): Promise<SweepReport> {
  if (remove) stage.requireState();
  const found = await survey(stage, Date.now());
  const swept: SweptView[] = [];
  for (const one of found) {
    if (one.is === 'damaged') swept.push({...viewOutput(one), left: one.why});
    else if (one.judged.is === 'to-go') swept.push({...viewOutput(one), ...(remove ? sweepOne(stage, one) : {})});
    else if (remove && one.judged.is === 'gone' && !one.area.gone) noteGone(stage, one);
  }
  const runs = remove ? new Set(found.flatMap((one) => (one.is === 'whole' ? [one.area.run] : []))) : [];
  for (const run of runs) releaseSpace(stage, run);
  return {dryRun: !remove, swept, exit: swept.some(({left}) => left !== undefined) ? EXIT.failed : EXIT.ok};
}

type Whole = Surveyed & {readonly is: 'whole'};

function noteGone(stage: OutputsStage, {area, judged}: Whole): void {
  stage.outputs.areas.create(area.name, `gone-${area.filling}`, {at: Date.now(), by: stage.person, why: judged.why});
}

/**
 * Intent, another look at what has been decided since, deed, record. A process that dies in between leaves an area whose
 * removal has begun: the next sweep ends it, and no transfer moves what is left.
 */
function sweepOne(stage: OutputsStage, {area, owner}: Whole): Pick<SweptView, 'removed' | 'left'> {
  const {areas} = stage.outputs;
  const {name, filling, seen} = area;
  const said = () => ({at: Date.now(), by: stage.person});
  const intent = area.removal
    ? undefined
    : createNumbered((n) => areas.create(name, `removing-${filling}-${n}`, said()));
  const leave = (why: string) => {
    if (intent !== undefined) areas.create(name, `left-${filling}-${intent}`, said());
    return {left: why};
  };
  // What a person resumes asks for this intent before it moves anything; whichever was later sees the other.
  const now = areas.read(name);
  const still = ownerOf(stage, area, new Set(stage.ledger.activeRuns()));
  const resumed =
    still.is !== owner.is || (still.is === 'ended' && owner.is === 'ended' && still.resumes !== owner.resumes);
  if (resumed || now?.is !== 'whole' || now.area.filling !== filling) return leave('its run was resumed meanwhile');
  const total = {files: 0, bytes: 0};
  const refused: string[] = [];
  let touched = area.removal !== undefined;
  for (const found of seen?.found ?? []) {
    try {
      const removed = removeFound(found, seen?.host === hostname());
      if (removed.is === 'refused') refused.push(removed.why);
      if (removed.is === 'removed') {
        touched = true;
        total.files += removed.files;
        total.bytes += removed.bytes;
      }
    } catch (error) {
      touched = true;
      refused.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (refused.length > 0) return touched ? {removed: total, left: refused.join('; ')} : leave(refused.join('; '));
  areas.create(name, `gone-${filling}`, {...said(), why: 'removed by stage outputs sweep', ...total});
  return {removed: total};
}

export function renderSweep({dryRun, swept}: SweepReport, style: Style): string {
  if (swept.length === 0) return 'Nothing is to be removed. See what is kept, and until when: stage outputs list';
  const lines = swept.flatMap((one) => [
    ...renderOutput(one, style),
    ...(one.removed ? [`    removed ${count(one.removed.files, 'file')}, ${renderBytes(one.removed.bytes)}`] : []),
    ...(one.left === undefined ? [] : hang('    left: ', one.left, '      ', style)),
  ]);
  return [...lines, ...(dryRun ? ['Nothing was removed. To remove it: stage outputs sweep --yes'] : [])].join('\n');
}
