import {failed, type PbsAnswer, printed} from '../language/answer.ts';
import {OPTIONS, readArguments} from '../language/options.ts';
import {USAGE} from '../language/usage.ts';
import type {Handler} from './context.ts';

/** R12, S12 and M12, of which a server name may follow. */
const RESERVATION_ID = /^[RSM]\d+(\.[A-Za-z0-9.-]+)?$/;

/**
 * pbs_rstat of a server that has no reservation, since none can be made here: nothing is printed, and no id is known.
 * Source: OpenPBS, src/cmds/pbs_rstat.c; the number of an unknown reservation is 15084.
 */
export const pbsRstat: Handler = ({command}): PbsAnswer => {
  const given = readArguments(command.argv, OPTIONS.pbs_rstat ?? '');
  if (given.complaints.length > 0)
    return failed(given.complaints.map((text) => `pbs_rstat: ${text}\n`).join('') + USAGE.pbs_rstat, 1);
  const malformed: string[] = [];
  for (const id of given.operands) {
    // The first that is not known ends the command.
    if (RESERVATION_ID.test(id)) return failed(`${malformed.join('')}pbs_rstat: Unknown Reservation Id\n`, 15084 % 256);
    malformed.push(`pbs_rstat: illegally formed reservation identifier: ${id}\n`);
  }
  return malformed.length > 0 ? failed(malformed.join(''), 1) : printed('');
};
