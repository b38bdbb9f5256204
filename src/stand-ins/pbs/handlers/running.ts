import {appendFileSync} from 'node:fs';
import {constants} from 'node:os';
import {FAULT, failed, silent} from '../language/answer.ts';
import {OPTIONS, readArguments} from '../language/options.ts';
import {USAGE} from '../language/usage.ts';
import {liveFile} from '../server/processes/deliver.ts';
import {each, type Handler} from './context.ts';

/** qsig, qrerun, qmsg, qmove: what can be done to a job besides holding and deleting it. */

function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) <= 64 ? Number(text) : undefined;
  const name = text.startsWith('SIG') ? text : `SIG${text}`;
  const entry = Object.entries(constants.signals).find(([known]) => known === name);
  return entry?.[1];
}

export const qsig: Handler = (context) => {
  const {command, server} = context;
  const given = readArguments(command.argv, OPTIONS.qsig ?? '');
  if (given.complaints.length > 0 || given.operands.length === 0)
    return failed(`${given.complaints.map((text) => `qsig: ${text}\n`).join('')}${USAGE.qsig}`, 2);
  const name = given.options.findLast(({letter}) => letter === 's')?.value ?? 'SIGTERM';
  return each(context, {
    ids: given.operands,
    act: (job) => {
      if (/^(suspend|resume|admin-suspend|admin-resume)$/.test(name)) return FAULT.unauthorized;
      if (job.state !== 'R') return FAULT.badState;
      const signal = signalNumber(name);
      if (signal === undefined) return FAULT.badSignal;
      server.journal.server(
        '0008',
        job.id,
        `Job sent signal ${name} at request of ${command.user}@${server.names.server}`,
      );
      server.signal(job, signal);
      return undefined;
    },
  });
};

/** How long qrerun waits for the job to be back in the queue. */
const REQUEUE_MS = 10_000;

export const qrerun: Handler = async (context) => {
  const {command, server} = context;
  const given = readArguments(command.argv, OPTIONS.qrerun ?? '');
  if (given.complaints.length > 0 || given.operands.length === 0)
    return failed(`${given.complaints.map((text) => `qrerun: ${text}\n`).join('')}${USAGE.qrerun}`, 2);
  const asked: string[] = [];
  const answer = each(context, {
    ids: given.operands,
    act: (job) => {
      if (!context.administrator) return FAULT.unauthorized;
      if (job.state !== 'R') return FAULT.badState;
      if (!job.rerunnable) return FAULT.notRerunnable;
      server.requeue(job, command.user);
      asked.push(job.id);
      return undefined;
    },
  });
  const until = Date.now() + REQUEUE_MS;
  const pending = (): boolean => asked.some((id) => server.jobs.get(id)?.ending?.why === 'requeue');
  while (pending() && Date.now() < until) await new Promise((done) => void setTimeout(done, 20));
  return answer.stderr === '' ? silent : answer;
};

/** qrun: an administrator starts a job now, whatever the scheduler thinks. Exits 2 after any refusal (measured). */
export const qrun: Handler = (context) => {
  const {command, server} = context;
  const given = readArguments(command.argv, OPTIONS.qrun ?? '');
  if (given.complaints.length > 0 || given.operands.length === 0)
    return failed(`${given.complaints.map((text) => `qrun: ${text}\n`).join('')}${USAGE.qrun}`, 1);
  const answer = each(context, {
    ids: given.operands,
    subjobs: FAULT.invalidRequest,
    act: (job) => {
      if (!context.administrator) return FAULT.unauthorized;
      if (job.state !== 'Q' || job.array) return FAULT.badState;
      server.run(job);
      return undefined;
    },
  });
  return answer.exitCode === 0 ? answer : {...answer, exitCode: 2};
};

export const qmsg: Handler = (context) => {
  const {command, server} = context;
  const given = readArguments(command.argv, OPTIONS.qmsg ?? '');
  const [text, ...ids] = given.operands;
  if (given.complaints.length > 0 || text === undefined || ids.length === 0)
    return failed(`${given.complaints.map((complaint) => `qmsg: ${complaint}\n`).join('')}${USAGE.qmsg}`, 2);
  const toOutput = given.options.some(({letter}) => letter === 'O');
  const toError = given.options.some(({letter}) => letter === 'E') || !toOutput;
  return each(context, {
    ids,
    act: (job) => {
      if (job.state !== 'R') return FAULT.badState;
      for (const [wanted, stream] of [
        [toOutput, 'OU'],
        [toError, 'ER'],
      ] as const)
        if (wanted) appendFileSync(liveFile(job, stream, server.places), `${text}\n`);
      return undefined;
    },
  });
};

export const qmove: Handler = (context) => {
  const {command, server} = context;
  const given = readArguments(command.argv, OPTIONS.qmove ?? '');
  const [destination, ...ids] = given.operands;
  if (given.complaints.length > 0 || destination === undefined || ids.length === 0)
    return failed(`${given.complaints.map((complaint) => `qmove: ${complaint}\n`).join('')}${USAGE.qmove}`, 2);
  return each(context, {
    ids,
    subjobs: FAULT.invalidRequest,
    act: (job) => {
      const queue = destination.replace(/@.*$/, '');
      if (!server.settings.queues[queue]) return FAULT.unknownQueue;
      if (job.state === 'R' || job.state === 'E' || job.state === 'B') return FAULT.badState;
      const fault = server.mayEnter({...job, queue});
      if (fault) return fault;
      job.queue = queue;
      server.changed(job);
      return undefined;
    },
  });
};
