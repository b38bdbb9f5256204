import type {Acts} from '../base/act.ts';
import type {Ledger, OpenRun} from '../ledger/ledger.ts';
import type {MonitorLedger} from '../ledger/monitor-facts.ts';
import type {Limits} from '../limits/open-limits.ts';
import type {JobRequest, Scheduler} from '../scheduler/scheduler.ts';
import type {TransferService} from '../transfer/transfer-service.ts';
import type {Admission} from './admission.ts';
import type {OutputAreas} from './outputs.ts';
import type {Packing} from './packing.ts';
import type {RunApart} from './parts/kinds.ts';
import type {PlanSettings, SubmitJob} from './plan/actions.ts';
import type {LookBounds} from './plan/monitor/next-look.ts';
import type {RateHints} from './rate-hints.ts';

/** Writes the batch scripts that PBS is given, and says how to submit them. */
export interface JobFiles {
  /** @returns the request for one job of a run; the script file is in place when this returns. For the process that created the job's intent */
  forRun(run: OpenRun, action: SubmitJob, key: string, tag: string): JobRequest;
  forMonitor(generation: number, startAt: number, tag: string): JobRequest;
  /** a job that tries out, from a directory that is there, what a monitor would have to do */
  forProbe(directory: string, tag: string): JobRequest;
}

/** All that reconciling needs of the world. */
export interface EngineContext {
  readonly ledger: Ledger;
  readonly monitors: MonitorLedger;
  readonly scheduler: Scheduler;
  readonly transfers: TransferService;
  readonly jobFiles: JobFiles;
  /** links, moves and removes files of this cluster */
  readonly acts: Acts;
  readonly rates: RateHints;
  /** of campaigns; absent: there are none */
  readonly admission?: Admission | undefined;
  /** which runs that have ended are packed; absent: none */
  readonly packing?: Packing | undefined;
  /** runs what may hang, in another process; absent: in this one */
  readonly runApart?: RunApart | undefined;
  /** what steps and runs claim before they begin; absent: nothing can be claimed */
  readonly limits?: Limits | undefined;
  /** absent: what jobs fill is not registered */
  readonly outputs?: OutputAreas | undefined;
  readonly clock: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** a short random word, unlike any before */
  readonly newWord: () => string;
  /** `user@host:pid`, for records */
  readonly by: string;
  readonly settings: EngineSettings;
}

export interface EngineSettings extends Omit<PlanSettings, 'rebuild'> {
  readonly bounds: LookBounds;
  /** how many jobs of ours may stand in the queue at once; further ones are submitted when others have ended */
  readonly maxQueued: number;
  /** how many tasks of this identity may be pending at Globus; further ones are submitted when others have ended */
  readonly maxPending: number;
  /** how long the process that wrote an intent may still be at it; longer than the longest qsub */
  readonly intentDeadlineMs: number;
}
