import {expect, test} from 'vitest';
import {type PbsAnswer, refused} from '../../../src/stand-ins/pbs/language/answer.ts';
import {OPTIONS, readArguments} from '../../../src/stand-ins/pbs/language/options.ts';
import {readSubmission} from '../../../src/stand-ins/pbs/language/submission/submission.ts';
import {USAGE} from '../../../src/stand-ins/pbs/language/usage.ts';
import {refusalToQueue} from '../../../src/stand-ins/pbs/server/queues/limits.ts';
import {freshSettings} from '../../../src/stand-ins/pbs/server/store/settings.ts';
import answers from '../../scheduler/fixtures/qsub-directives.json' with {type: 'json'};

// Recorded on the host pbs-sn1 as user alice, of a group of her own, in a directory of hers: each script of directives by
// `qsub -f -h job.sh`, and those of one line as `qsub -f -h ARGUMENTS job.sh`, with /dev/null for its standard input.
const names = {server: 'pbs-sn1', aliases: ['localhost', '10.77.0.1']};
const env = {HOME: '/home/alice', PATH: '/opt/pbs/bin:/usr/bin:/bin', SHELL: '/bin/bash', LOGNAME: 'alice'};

function answerTo(options: readonly string[], lines: string): {exitCode: number; stderr: string} {
  const argv = ['-f', '-h', ...options, 'job.sh'];
  const {operands} = readArguments(argv, OPTIONS.qsub ?? '');
  const script = {name: operands[0] ?? null, text: operands[0] === 'job.sh' ? `#!/bin/bash\n${lines}\necho x\n` : ''};
  const cwd = '/home/alice/none';
  const command = {command: 'qsub', argv, cwd, env, user: 'alice', script};
  const settings = freshSettings();
  const submission = readSubmission(command, {names, settings, now: Date.UTC(2026, 10, 30, 12)});
  if ('exitCode' in submission) return told(submission);
  const fault = refusalToQueue(submission.job('1.pbs-sn1', 1), settings, []);
  return fault ? told(refused('qsub', fault)) : {exitCode: 0, stderr: ''};
}

const told = ({exitCode, stderr}: PbsAnswer) => ({exitCode, stderr: stderr.replace(USAGE.qsub ?? '', '{usage}')});

test.each(answers)('$lines is answered as by the real qsub', ({lines, exitCode, stderr}) => {
  expect(answerTo([], lines)).toEqual({exitCode, stderr});
});

test.each(answers.flatMap((each) => ('argv' in each && each.argv ? [{...each, argv: each.argv}] : [])))(
  '$argv on the command line is answered as by the real qsub',
  ({argv, exitCode, stderr, onCommandLine}) => {
    expect(answerTo(argv, '')).toEqual(onCommandLine ?? {exitCode, stderr});
  },
);
