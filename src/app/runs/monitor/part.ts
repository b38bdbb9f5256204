import {PART_KINDS, type PartEnd, type PartKind} from '../../../engine/parts/kinds.ts';
import {LOOK_PARTS} from '../../../engine/parts/look-parts.ts';
import {runKind} from '../../../engine/parts/part.ts';
import type {RunsStage} from '../../../wiring/stage.ts';

export {PART_KINDS};

export interface PartReport {
  readonly kind: PartKind;
  readonly end: PartEnd;
}

/** Run the parts of a look of one kind: what the look starts another process for. @param seconds how long it may take */
export async function runPart(stage: RunsStage, kind: PartKind, seconds: number): Promise<PartReport> {
  const context = await stage.engine();
  const until = context.clock() + seconds * 1000;
  return {kind, end: await runKind(context, LOOK_PARTS, kind, {isSpent: () => context.clock() >= until})};
}
