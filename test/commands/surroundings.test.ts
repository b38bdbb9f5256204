import {expect, test} from 'vitest';
import {CLI, cleanEnvironment, runProgram} from '../support/cli.ts';
import {type ErrorDocument, INNARDS, useDesk} from './support.ts';

// What a command stands in: a pipe before it, a current directory that somebody deletes. Processes of their own, started
// by a shell; no stand-in runs.

const desk = useDesk();

function shell(script: string) {
  const env = {STAGE_HOME: desk.home, STAGE_PROFILE: 'local', stage: CLI};
  return runProgram('/bin/sh', ['-c', script], {cwd: desk.directory, env: cleanEnvironment(env)});
}

test.each([
  ['that comes late', '(sleep 0.5; echo "a b"; sleep 0.3; echo alone)', 2],
  ['larger than a pipe', '(seq 20000 | sed "s/.*/from& to&/"; echo alone)', 20_001],
  [
    'from a program that sets the pipe to not block',
    `"${process.execPath}" -e 'process.stdout.write("a b\\nalone\\n")'`,
    2,
  ],
])('"--batch -" reads a list %s to its end', async (_, producer, line) => {
  const ran = await shell(`${producer} | "$stage" transfer start archive:/a/ cluster:/b/ --batch -`);
  // The mistake in the last line has been found: all of them were read.
  expect(ran.stderr).toContain(`--batch: standard input:${line}: has one path`);
  expect(ran.exitCode).toBe(2);
});

test('an argument is never taken from standard input, which may be a list', async () => {
  const ran = await shell('echo r.1 | "$stage" logs --json');
  expect(ran.json<ErrorDocument>().error).toMatchObject({code: 'USAGE', exit: 2, what: '"stage logs" needs RUN'});
});

const GONE = 'mkdir gone; cd gone; rmdir ../gone;';

test.each([['job submit ../j.sh'], ['run --job j.sh'], ['run wf.yaml'], ['check wf.yaml']])(
  'stage %s, from a directory that is gone, says so',
  async (command) => {
    desk.write('j.sh', 'true\n');
    const script = command.replace('../', `${desk.directory}/`);
    const ran = await shell(`${GONE} exec "$stage" ${script} --json`);
    expect(ran.exitCode).toBe(2);
    const {error} = ran.json<ErrorDocument>();
    expect(error).toMatchObject({code: 'DIRECTORY_GONE', what: 'the current directory does not exist any more'});
    expect(error.next).toEqual(['cd to one that does, then run the same command again.']);
    expect(ran.stderr).not.toMatch(INNARDS);
  },
);

test.each(['--help', 'list', 'schema', 'check "$from/wf.yaml" --offline'])(
  'stage %s needs no current directory',
  async (command) => {
    desk.write('j.sh', 'true\n');
    desk.write('wf.yaml', 'name: x\nsteps: {c: {job: {script: j.sh}}}\n');
    const ran = await shell(`from=$PWD; ${GONE} "$stage" ${command}`);
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).not.toContain('error: ');
  },
);
