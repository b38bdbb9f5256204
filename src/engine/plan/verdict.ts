import type {LiveJob} from '../../scheduler/scheduler.ts';

/** What is known of the job that runs a step's script. */
export type JobVerdict =
  | {readonly is: 'live'; readonly seen: LiveJob}
  | {readonly is: 'ended'; readonly succeeded: boolean; readonly why: string; readonly exitStatus?: number}
  /** PBS does not know it, and the grace time has begun (`noted`) or must begin */
  | {readonly is: 'absent'; readonly noted: boolean}
  | {readonly is: 'lost'; readonly started: boolean; readonly why: string}
  /** somebody deleted it before it ran; only a person's word brings it back */
  | {readonly is: 'deleted-by-hand'; readonly why: string}
  | {readonly is: 'no-evidence'; readonly why: string};
