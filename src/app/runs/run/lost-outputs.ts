import {endOf} from '../../../ledger/attempts.ts';
import type {OpenRun} from '../../../ledger/ledger.ts';
import {areasOf} from '../../../outputs/areas.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {stageOuts, stretchOfOutput} from '../../../workflow/model/outputs.ts';

/** A transfer that has failed, and whose source is gone. */
export interface LostOutput {
  readonly step: string;
  readonly why: string;
  /** what is done again to make it: its jobs, and what stands between them and it */
  readonly steps: readonly string[];
}

/**
 * Transfers that failed, are to have their jobs done again (`when_output_fails: rerun`), and have nothing left to move.
 * What is still on disk is never made again, and neither is what is only not known to be.
 */
export async function lostOutputs(stage: Pick<RunsStage, 'outputs'>, {id, state}: OpenRun): Promise<LostOutput[]> {
  const {areas, look} = stage.outputs;
  const lost: LostOutput[] = [];
  for (const out of stageOuts(state.spec.workflow)) {
    const {step} = out;
    if (step.whenFails !== 'rerun' || endOf(state, step.name)?.state !== 'failed') continue;
    const newest = areasOf(areas, id, step.name).at(-1);
    if (newest?.is !== 'whole') continue;
    const {paths, removal, gone} = newest.area;
    const steps = stretchOfOutput(state.spec.workflow, out);
    const removed = gone?.why ?? (removal && `its removal began, by ${removal.by}`);
    if (removed !== undefined) lost.push({step: step.name, why: removed, steps});
    else if ((await Promise.all(paths.map((path) => look(path)))).every(({is}) => is === 'absent'))
      lost.push({step: step.name, why: `${paths[0]} is not there any more`, steps});
  }
  return lost;
}
