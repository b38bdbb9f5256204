import {failed, printed, refused, silent} from '../language/answer.ts';
import {readSubmission} from '../language/submission/submission.ts';
import type {Handler} from './context.ts';

export const qsub: Handler = async ({server, command, emit}) => {
  const submission = readSubmission(command, {names: server.names, settings: server.settings, now: Date.now()});
  if ('exitCode' in submission) return submission;
  const outcome = server.submit(submission, command.user);
  if (!('id' in outcome)) return refused('qsub', outcome);
  const line = submission.quiet ? '' : `${outcome.id}\n`;
  if (!submission.block || submission.vanishes) return line === '' ? silent : printed(line);
  const end = server.waitFor(outcome.id);
  emit({stdout: line});
  const {exitCode, message} = await end;
  return failed(message === undefined ? '' : `qsub: ${message}\n`, exitCode);
};
