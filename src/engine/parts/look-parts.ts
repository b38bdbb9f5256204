import {PACK_RUNS} from './pack-runs.ts';
import type {LookPart} from './part.ts';

/** What a look does in processes of its own, in order within each kind. */
export const LOOK_PARTS: readonly LookPart[] = [PACK_RUNS];
