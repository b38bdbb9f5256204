import {spawnSync} from 'node:child_process';

/** What must be put right before anything can be tested. */
export class SetUpWrong extends Error {
  constructor(message, next, exitCode = 2) {
    super(message);
    this.next = next;
    this.exitCode = exitCode;
  }
}

/** Ask which PBS there is. @throws {SetUpWrong} when there is none, or it does not answer */
export function askServer(env) {
  if (spawnSync('qsub', ['--version'], {env}).error)
    throw new SetUpWrong('There is no PBS: "qsub" is not on your PATH. Nothing was tested.', [
      'On a cluster, put its commands there first: export PATH=$PATH:/opt/pbs/bin, or "module load pbs".',
      'To try this suite on the stand-in instead: npm run test:pbs -- --stand-in',
    ]);
  const asked = spawnSync('qstat', ['-B', '-f'], {env, encoding: 'utf8', timeout: 60_000});
  if (asked.status !== 0)
    throw new SetUpWrong(
      `PBS does not answer: "qstat -B -f" ${asked.error ? 'took longer than 60 s' : `ended with ${asked.status}`}. Nothing was tested.`,
      [...(asked.stderr ?? '').trim().split('\n'), 'Try again when it answers.'],
      4,
    );
  const attribute = (name) => new RegExp(`^ {4}${name} = (.*)$`, 'm').exec(asked.stdout)?.[1];
  return {
    name: /^Server: (.*)$/m.exec(asked.stdout)?.[1] ?? 'a server without a name',
    version: attribute('pbs_version') ?? 'of unknown version',
    history: attribute('job_history_enable') === 'True',
  };
}
