import type {Mail, Outbox} from '../store/outbox.ts';
import type {TaskState} from './task-state.ts';

const WANTED = {SUCCEEDED: 'succeeded', FAILED: 'failed', INACTIVE: 'inactive'} as const;

/** Writes to the owner of a task when its status has become one that they want to hear of. */
export type TellOwner = (task: TaskState) => void;

/** @param nameOf user name of an identity */
export const tellOwnerBy =
  (outbox: Outbox, nameOf: (identity: string) => string): TellOwner =>
  ({id, owner, label, status, notify}) => {
    if (isTold(status) && notify[WANTED[status]]) outbox.send({to: nameOf(owner), task: id, label, status});
  };

const isTold = (status: TaskState['status']): status is Mail['status'] => status !== 'ACTIVE';
