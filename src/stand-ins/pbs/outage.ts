import {concernsCommand} from '../outage-modes.ts';
import {type Hit, type Outages, whicheverFirst} from '../outages.ts';
import {FAULT, type PbsAnswer, printed, refused, unknownResource} from './language/answer.ts';
import type {PbsCommand} from './language/command.ts';
import {OPTIONS, readArguments} from './language/options.ts';
import {serverDown} from './language/server-down.ts';

/** What the daemon's server is called. */
const SERVER = 'stage-local';

/** What a client sees of a broken connection: no answer at all. */
export const CUT = 'cut';

export interface Asked {
  readonly command: PbsCommand;
  /** aborts when the client has gone */
  readonly gone: AbortSignal;
  /** carry the command out */
  readonly answer: () => Promise<PbsAnswer>;
}

/** Answer a PBS command, unless an outage hits it; then answer as a server in that trouble would. */
export async function answerPbs(outages: Outages, asked: Asked): Promise<PbsAnswer | typeof CUT> {
  const hit = outages.strike((outage) => outage.target !== 'globus' && concernsCommand(outage, asked.command.command));
  if (!hit) return asked.answer();
  try {
    return hit.target === 'pbs-db' ? cannotSave(asked.command) : await inTrouble(hit, asked);
  } finally {
    hit.done();
  }
}

async function inTrouble(hit: Hit, {command, gone, answer}: Asked): Promise<PbsAnswer | typeof CUT> {
  switch (hit.mode) {
    case 'down':
      return serverDown(command.command, command.argv, SERVER, Date.now());
    case 'hang':
      // A server that was stopped takes up what still waits for it when it goes on (measured on OpenPBS 23.06).
      await whicheverFirst(hit.over, gone);
      return gone.aborted ? CUT : answer();
    case 'late': {
      const done = await answer();
      await whicheverFirst(hit.over, gone);
      return gone.aborted ? CUT : done;
    }
    case 'lost':
      await answer();
      return CUT;
    case 'refuse':
      // max_queued = [u:PBS_GENERIC=n]; the name of the queue is printed wrongly (measured on OpenPBS 23.06).
      return refused(command.command, {code: 15142, text: "would exceed queue generic's per-user limit"});
    case 'unknown-queue':
      return refused(command.command, FAULT.unknownQueue);
    case 'bad-resource':
      return refused(command.command, unknownResource('Resource_List.nosuch'));
    case 'garbage':
      return printed(GARBAGE);
    case 'half': {
      const {stdout, stderr} = await answer();
      return {stdout: stdout.slice(0, Math.floor(stdout.length / 2)), stderr, exitCode: 0};
    }
    default:
      throw new RangeError(`PBS has no outage "${hit.mode}"`);
  }
}

const GARBAGE = '\u0000\u0001\u0002\u001b[?1;2c\ufffd\ufffd<<<<\n\u0007~~\u0000';

/** Number and text: PBSE_SAVE_ERR, as the tests of OpenPBS 23.06 expect it from qsub when the database has gone. */
const SAVE_ERROR = {code: 15161, text: 'Failed to save job/resv, refer server logs for details'};

/** Commands on existing jobs name each of them, as they do with every error of the server. */
function cannotSave({command, argv}: PbsCommand): PbsAnswer {
  if (command === 'qsub') return refused(command, SAVE_ERROR);
  const {operands} = readArguments(argv, OPTIONS[command] ?? '');
  const jobs = command === 'qmove' ? operands.slice(1) : operands;
  const {exitCode} = refused(command, SAVE_ERROR);
  return {stdout: '', stderr: jobs.map((id) => `${command}: ${SAVE_ERROR.text} ${fullId(id)}\n`).join(''), exitCode};
}

const fullId = (id: string): string => (id.includes('.') ? id : `${id}.${SERVER}`);
