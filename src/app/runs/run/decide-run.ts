import {count} from '../../../base/units.ts';
import {RequestWrong, type StageError} from '../../../errors.ts';
import type {RunWithEnd} from '../../../ledger/ledger.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import type {RunSummary} from '../../../ledger/summary.ts';
import {describeDifference} from '../../../workflow/model/difference.ts';
import type {Workflow} from '../../../workflow/model/workflow.ts';
import type {PreparedWorkflow} from '../../shared/prepare-run.ts';
import {currentWorkflow, type PlannedUpdate, planUpdate} from './update-run.ts';

/** The newest run of a name. */
export type RecordedRun = RunWithEnd;

/** What `stage run` is asked for. */
export interface RunChoices {
  readonly prepared: PreparedWorkflow;
  /** start a new run although one of this name has ended */
  readonly again: boolean;
  /** let steps of the run that have not begun do what the workflow says by now */
  readonly update: boolean;
  /** tasks are to do the work of transfers: that opens a run that has ended */
  readonly adopts: boolean;
  /** what the workflow deletes besides what it moves is meant */
  readonly confirmDelete: boolean;
}

export type RunDecision =
  /** a new run: none is on record, or it has ended and another one is asked for */
  | {readonly do: 'create'}
  /** it is active, or is to be taken up with tasks: what is missing is submitted */
  | {readonly do: 'go-on'; readonly recorded: RecordedRun}
  /** it has ended, and does just this: say so */
  | {readonly do: 'done'; readonly recorded: RecordedRun; readonly ended: RunSummary}
  /** it is asked to do something else from now on, and then as the others */
  | {readonly do: 'update'; readonly update: PlannedUpdate; readonly then: Extract<RunDecision, {do: 'go-on' | 'done'}>}
  | {readonly do: 'refuse'; readonly error: StageError};

/**
 * What `stage run` does, from what is recorded under the name and what is asked: docs/concepts.md, "What `stage run` does". Pure.
 *
 * @param recorded undefined: there is no run of this name
 */
export function decideRun(recorded: RecordedRun | undefined, asked: RunChoices): RunDecision {
  const {prepared, again} = asked;
  const error = asked.confirmDelete ? undefined : unconfirmed(prepared.workflow);
  if (recorded === undefined || (again && recorded.ended)) return error ? {do: 'refuse', error} : {do: 'create'};
  const {open, ended} = recorded;
  const then = ended && !asked.adopts ? ({do: 'done', recorded, ended} as const) : ({do: 'go-on', recorded} as const);
  if (open.state.spec.fingerprint === prepared.fingerprint) return then;
  if (!asked.update) {
    const differences = describeDifference(currentWorkflow(open.state), prepared);
    return {do: 'refuse', error: new RunDiffers(open.id, differences, ended !== undefined)};
  }
  if (error) return {do: 'refuse', error};
  const update = planUpdate(open, ended !== undefined, prepared);
  return update instanceof RequestWrong ? {do: 'refuse', error: update} : {do: 'update', update, then};
}

/** Nothing is deleted on the strength of one word in a file. @returns undefined when nothing is, or it has been confirmed there */
function unconfirmed({steps}: Workflow): RequestWrong | undefined {
  const deleting = steps.flatMap((step) =>
    step.kind === 'transfer' && step.options.deleteExtra && !step.confirmDelete ? [step] : [],
  );
  if (deleting.length === 0) return undefined;
  return new RequestWrong(
    `${count(deleting.length, 'step')} would delete files at the destination, which has not been confirmed`,
    {
      code: 'DELETE_NOT_CONFIRMED',
      why: 'delete_extra removes at the destination what the source does not have',
      details: deleting.map(
        ({name, to}) => `${name}: everything below ${to.collection}:${to.path} that its source does not have`,
      ),
      next: [
        'To confirm it: the same command with --confirm-delete, or confirm_delete: true beside delete_extra in the file.',
      ],
    },
  );
}

/** A run of this name exists, and does something else. */
export class RunDiffers extends RequestWrong {
  constructor(run: RunId, differences: readonly string[], ended: boolean) {
    super(`${run} exists, and differs from this workflow`, {
      code: 'RUN_DIFFERS',
      details: differences,
      why: 'a run is identified by its name; the differences are listed above',
      next: ended
        ? [
            'Start a new run of this name: the same command with --again',
            `Or keep what has succeeded: the same command with --update, then stage resume ${run}`,
            'Or give it another name: --name NAME',
          ]
        : [
            'Change the steps of it that have not begun: the same command with --update',
            'Or give the new one another name: --name NAME',
            `Or end the old one first: stage cancel ${run}`,
          ],
    });
  }
}
