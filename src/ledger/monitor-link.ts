import type {JobId} from '../base/job-id.ts';
import type {UnusableFact} from '../disk/read-fact.ts';
import type {Refusal} from './run-facts.ts';

/** One link of the monitor chain, a job that looks once at its time: what `monitor/000012.intent.json` and its kin say. */
export interface MonitorLink {
  readonly generation: number;
  readonly tag: string;
  readonly startAt: number;
  readonly deadline: number;
  /** a job that was deleted so that this one has a place in the queue */
  readonly inPlaceOf?: JobId | undefined;
  readonly job?: JobId;
  readonly confirmedAt?: number;
  readonly refused?: Refusal;
  readonly neverArrived: boolean;
  /** a look that found nothing left to look at was about to delete it */
  readonly unwanted: boolean;
  /** what is on record of it cannot be used: it is counted on no more, as one that never arrived */
  readonly damaged?: UnusableFact | undefined;
}
