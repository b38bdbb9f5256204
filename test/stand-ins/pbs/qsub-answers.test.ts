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

function submit(options: readonly string[], lines: string) {
  const argv = ['-f', '-h', ...options, 'job.sh'];
  const {operands} = readArguments(argv, OPTIONS.qsub ?? '');
  const script = {name: operands[0] ?? null, text: operands[0] === 'job.sh' ? `#!/bin/bash\n${lines}\necho x\n` : ''};
  const cwd = '/home/alice/none';
  const command = {command: 'qsub', argv, cwd, env, user: 'alice', script};
  return readSubmission(command, {names, settings: freshSettings(), now: Date.UTC(2026, 10, 30, 12)});
}

function keptOf(options: readonly string[], lines: string) {
  const submission = submit(options, lines);
  return 'exitCode' in submission ? undefined : submission.job('1.pbs-sn1', 1);
}

function answerTo(options: readonly string[], lines: string): {exitCode: number; stderr: string} {
  const submission = submit(options, lines);
  if ('exitCode' in submission) return told(submission);
  const fault = refusalToQueue(submission.job('1.pbs-sn1', 1), freshSettings(), []);
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

// qstat -f of such jobs on OpenPBS 23.06.06.
test.each([
  [[], '#PBS -l walltime=1:00\n#PBS -l walltime=2:00', {walltime: '00:01:00', select: '1:ncpus=1', place: 'pack'}],
  [['-l', 'WALLTIME=10', '-l', 'ncpus=1', '-l', 'ncpus=3'], '#PBS -l walltime=5', {walltime: '00:00:05', ncpus: '3'}],
  [['-l', 'mem=4G', '-l', 'ncpus=+2'], '', {mem: '4gb', ncpus: '2', select: '1:mem=4gb:ncpus=2'}],
  [['-l', 'nodes=1:ppn=2:cpp=2#excl'], '', {select: '1:ncpus=4:mpiprocs=2', place: 'scatter:excl'}],
  [['-l', 'select=1:ncpus=1:hbmem=1gb'], '', {hbmem: '1gb', place: 'free'}],
  [['-l', 'walltime=1:2:'], '#PBS -l nice=', {walltime: '01:02:00', nice: '0'}],
])('%j beside %j: the resources are kept as the real qsub keeps them', (options, lines, expected) => {
  expect(keptOf(options, lines)?.resources).toMatchObject(expected);
});

test('of what -W says by name the last is kept, and nothing of what an option has a default for', () => {
  const kept = keptOf(['-W', 'umask=022,run_count=3'], '#PBS -W umask=027,run_count=5\n#PBS -W Priority=5');
  expect(kept).toMatchObject({umask: '27', runCount: 5, priority: 0});
});
