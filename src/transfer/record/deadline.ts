import type {TaskChange} from '../transfer-service.ts';
import type {Asked} from './way-record.ts';

/** Until when a task may take, in milliseconds since the epoch; undefined: as long as it likes. Pure. */
export function deadlineOf({at, request}: Asked, changed: TaskChange): number | undefined {
  if (changed.deadline !== undefined) return Date.parse(changed.deadline);
  const {deadline, deadlineAfterMs} = request.options;
  if (deadline !== undefined) return Date.parse(deadline);
  return deadlineAfterMs === undefined ? undefined : at + deadlineAfterMs;
}
