import {FAULT, failed} from '../language/answer.ts';
import {legalValue} from '../language/option-values.ts';
import {OPTIONS, readArguments} from '../language/options.ts';
import {USAGE} from '../language/usage.ts';
import {withHolds, withoutHolds} from '../server/store/job.ts';
import {each, type Handler, managerOf} from './context.ts';

/** qhold and qrls: the same options, the same rights, opposite effects. */
const holds =
  (which: 'qhold' | 'qrls'): Handler =>
  (context) => {
    const {server, command} = context;
    const given = readArguments(command.argv, OPTIONS[which] ?? '');
    const usage = USAGE[which] ?? '';
    if (given.complaints.length > 0)
      return failed(`${given.complaints.map((text) => `${which}: ${text}\n`).join('')}${usage}`, 2);
    const letters = given.options.findLast(({letter}) => letter === 'h')?.value ?? 'u';
    if (!legalValue('h', letters)) return failed(`${which}: illegal -h value\n${usage}`, 2);
    if (given.operands.length === 0) return failed(usage, 2);
    return each(context, {
      ids: given.operands,
      subjobs: FAULT.invalidRequest,
      act: (job) => {
        if (/[osp]/.test(letters) && !managerOf(context, job)) return FAULT.unauthorized;
        if (letters === 'n') return undefined;
        if (which === 'qhold') server.hold(job, withHolds('', letters), command.user);
        else if (withoutHolds(job.holds, letters) !== job.holds || job.comment?.startsWith('Job held by') || job.ending)
          server.release(job, letters, command.user);
        return undefined;
      },
    });
  };

export const qhold = holds('qhold');
export const qrls = holds('qrls');
