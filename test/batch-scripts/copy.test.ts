import {type ChildProcess, spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, onTestFinished, test} from 'vitest';
import type {CopyJob} from '../../src/base/copy-job.ts';
import {copyJob} from '../../src/batch-scripts/copy-job.ts';
import {defaultProfile, type Profile} from '../../src/config/profile.ts';
import {type LoopbackSsh, lacking, loopbackSsh} from '../support/loopback-ssh.ts';
import {until} from '../support/until.ts';

const RSYNC = lacking('rsync');
const SSH = lacking('rsync', 'sshd');
if (SSH) console.log(`tests of copies are skipped: ${SSH}`);

const BIG = 12_000_000;

/** A directory with data to copy, and the job that copies it. */
function place(change: Partial<CopyJob> = {}, profile: Partial<Profile> = {}) {
  const home = mkdtempSync(join(tmpdir(), 'stage copy-'));
  onTestFinished(() => rmSync(home, {recursive: true, force: true}));
  const facts = join(home, 'facts');
  const at = (path: string) => join(home, path);
  const put = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(at(path)), {recursive: true});
    writeFileSync(at(path), content);
  };
  mkdirSync(facts, {mode: 0o700});
  const items = join(facts, 'items');
  const say = (...lines: readonly string[]) => writeFileSync(items, `${lines.join('\n')}\n`);
  const jobs: ChildProcess[] = [];
  onTestFinished(() => {
    for (const job of jobs) job.kill('SIGKILL');
  });
  /** Begin a job, as PBS does: the script that was written, under an id. */
  const begin = (id: string, more: Partial<CopyJob> = {}) => {
    const job = {
      directory: facts,
      claim: 'job-1',
      tag: 't',
      source: '',
      target: '',
      items,
      options: ['-r', '--no-links', '-I'],
      compare: true,
      resume: false,
      ...change,
      ...more,
    };
    const {script} = copyJob({...defaultProfile('a'), ...profile}, job, 0o022);
    // Nobody is to wait for the pauses of a site.
    writeFileSync(script, readFileSync(script, 'utf8').replace(/^STAGE_PAUSES=.*$/m, "STAGE_PAUSES='0 0'"));
    const child = spawn('sh', [script], {env: {...process.env, PBS_JOBID: id}, stdio: ['ignore', 'ignore', 'pipe']});
    jobs.push(child);
    let said = '';
    child.stderr?.on('data', (part) => {
      said += String(part);
    });
    const ended = new Promise<{code: number | null; said: string}>((resolve) =>
      child.once('close', (code) => resolve({code, said})),
    );
    return {child, ended};
  };
  const run = (id: string, more: Partial<CopyJob> = {}) => begin(id, more).ended;
  const fact = (name: string) => JSON.parse(readFileSync(join(facts, `${name}.json`), 'utf8'));
  return {home, facts, at, put, say, begin, run, fact};
}

describe.skipIf(RSYNC !== undefined)('a copy on one file system', () => {
  test('moves a tree and a file, makes the directories above, and tells how much', async () => {
    const {at, put, say, run, fact} = place();
    put('in/big', randomBytes(BIG));
    put('in/deep/a b', 'hi');
    symlinkSync('big', at('in/link'));
    say('d', at('in/'), at('out/er/most/'), 'f', at('in/deep/a b'), at('other/name'));
    expect(await run('1.s')).toMatchObject({code: 0});
    expect(readFileSync(at('out/er/most/big')).equals(readFileSync(at('in/big')))).toBe(true);
    expect(readFileSync(at('other/name'), 'utf8')).toBe('hi');
    expect(existsSync(at('out/er/most/link'))).toBe(false);
    expect(fact('job-1.plan')).toMatchObject({bytes: BIG + 4, files: 3});
    expect(fact('job-1.end')).toMatchObject({code: '', bytes: BIG + 4, files: 3, faults: 0, job: '1.s'});
    expect(statSync(at('other/name')).mode & 0o777).toBe(0o644);
  });

  test('names that a shell or rsync would take for something else are names', async () => {
    const {at, put, say, run} = place();
    const names = ["it's $(touch never)", '-rf', 'a:b*', '"q" \\ ü'];
    for (const name of names) put(`in/${name}/${name}`, name);
    say(
      ...names.flatMap((name) => [
        'd',
        at(`in/${name}/`),
        at(`out/${name}/`),
        'f',
        at(`in/${name}/${name}`),
        at(`one/${name}`),
      ]),
    );
    expect(await run('1.s')).toMatchObject({code: 0});
    for (const name of names) {
      expect(readFileSync(at(`out/${name}/${name}`), 'utf8')).toBe(name);
      expect(readFileSync(at(`one/${name}`), 'utf8')).toBe(name);
    }
    expect(readdirSync(at('.')).sort()).toEqual(['facts', 'in', 'one', 'out']);
  });

  test('a source that is missing fails it, with the words of rsync, and nothing is made at the destination', async () => {
    const {at, put, say, run, fact} = place();
    put('in/a', 'a');
    say('d', at('in/'), at('out/'), 'd', at('no "such"\tplace/'), at('out2/'));
    expect((await run('1.s')).code).toBe(1);
    expect(fact('job-1.end')).toMatchObject({
      code: 'RSYNC_23',
      why: expect.stringContaining('No such file or directory'),
    });
    expect(existsSync(at('out'))).toBe(false);
  });

  test('two jobs at once for one copy: one copies, and the other says so and copies nothing', async () => {
    const {at, put, say, run, fact} = place();
    put('in/a', randomBytes(BIG));
    say('d', at('in/'), at('out/'));
    const ends = await Promise.all([run('1.s'), run('2.s')]);
    expect(ends.map(({code}) => code).sort()).toEqual([0, 98]);
    expect(ends.find(({code}) => code === 98)?.said).toContain('nothing was copied');
    expect(fact('job-1.end')).toMatchObject({code: '', bytes: BIG});
  });

  test('a job that comes when its claim was given up, or the copy was cancelled, copies nothing', async () => {
    for (const [name, value] of [
      ['job-1.start', '{"givenUp":true}'],
      ['cancel', '{}'],
      ['job-1.lost', '{}'],
    ] as const) {
      const {at, put, say, run, facts} = place();
      put('in/a', 'a');
      say('d', at('in/'), at('out/'));
      writeFileSync(join(facts, `${name}.json`), `${value}\n`);
      expect(await run('1.s')).toMatchObject({code: 98});
      expect(existsSync(at('out'))).toBe(false);
    }
  });

  test('the same job, started again by PBS after it was killed, goes on; once it has ended, it does nothing', async () => {
    const {at, put, say, begin, run, fact} = place();
    for (let number = 0; number < 40; number += 1) put(`in/${String(number).padStart(2, '0')}`, randomBytes(BIG / 10));
    say('d', at('in/'), at('out/'));
    const {child, ended} = begin('1.s');
    await until('some files have arrived', () => existsSync(at('out')) && readdirSync(at('out')).length > 2, {
      seconds: 30,
    });
    child.kill('SIGKILL');
    await ended;
    expect(await run('1.s')).toMatchObject({code: 0});
    for (const name of readdirSync(at('in')))
      expect(readFileSync(at(`out/${name}`)).equals(readFileSync(at(`in/${name}`)))).toBe(true);
    rmSync(at('out'), {recursive: true});
    expect(await run('1.s')).toMatchObject({code: 0});
    expect(existsSync(at('out'))).toBe(false);
    expect(fact('job-1.end')).toMatchObject({code: ''});
  });

  test('one that is told to end says so, and the next one moves only what is left', async () => {
    const {at, put, say, begin, run, fact} = place();
    for (let number = 0; number < 60; number += 1) put(`in/${String(number).padStart(2, '0')}`, randomBytes(BIG / 10));
    say('d', at('in/'), at('out/'));
    const {child, ended} = begin('1.s');
    await until('some files have arrived', () => existsSync(at('out')) && readdirSync(at('out')).length > 2, {
      seconds: 30,
    });
    child.kill('SIGTERM');
    await ended;
    const first = fact('job-1.end');
    if (first.code === '') return; // it was done at that moment
    expect(first).toMatchObject({code: 'TERMINATED'});
    expect(await run('2.s', {claim: 'job-2', resume: true})).toMatchObject({code: 0});
    expect(fact('job-2.end').files).toBeLessThan(60);
    expect(readdirSync(at('out')).filter((name) => !name.startsWith('.'))).toHaveLength(60);
    for (const name of readdirSync(at('in')))
      expect(readFileSync(at(`out/${name}`)).equals(readFileSync(at(`in/${name}`)))).toBe(true);
  });

  test('what differs after the copy fails it, and the file is named', async () => {
    const {at, put, say, run, fact} = place({options: ['-r', '--no-links', '--size-only']});
    put('in/deep/a', 'good');
    put('out/deep/a', 'evil');
    say('d', at('in/'), at('out/'));
    expect((await run('1.s')).code).toBe(1);
    expect(fact('job-1.end')).toMatchObject({code: 'CHECKSUM', why: expect.stringContaining('deep/a')});
  });

  test('without options everything is copied, whatever size and time say', async () => {
    const {at, put, say, run} = place();
    put('in/a', 'good');
    put('out/a', 'evil');
    say('d', at('in/'), at('out/'));
    expect(await run('1.s')).toMatchObject({code: 0});
    expect(readFileSync(at('out/a'), 'utf8')).toBe('good');
  });
});

describe.skipIf(SSH !== undefined)('a copy over ssh', () => {
  let home: string;
  let ssh: LoopbackSsh;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'stage-ssh-'));
    ssh = await loopbackSsh(home);
  });
  afterAll(async () => {
    await ssh?.stop();
    rmSync(home, {recursive: true, force: true});
  });

  test('brings a tree from a host, and takes one there, with the directories above it', async () => {
    const {at, put, say, run, fact} = place({}, {sshConfig: ssh.config});
    put("in/it's a $(name)/x", randomBytes(BIG / 10));
    say('d', at('in/'), at('there/and/back/'));
    expect(await run('1.s', {target: 'archive'})).toMatchObject({code: 0});
    say('f', at("there/and/back/it's a $(name)/x"), at('one more/x y'));
    expect(await run('2.s', {claim: 'job-2', source: 'archive'})).toMatchObject({code: 0});
    expect(readFileSync(at('one more/x y')).equals(readFileSync(at("in/it's a $(name)/x")))).toBe(true);
    expect(fact('job-2.end')).toMatchObject({code: '', bytes: BIG / 10, files: 1});
  });

  test('a host that does not answer is asked again, some times, and the faults are counted', async () => {
    const {at, put, say, run, fact} = place({target: 'nowhere'}, {sshConfig: ssh.config});
    put('in/a', 'a');
    say('d', at('in/'), at('out/'));
    expect((await run('1.s')).code).toBe(1);
    expect(fact('job-1.end')).toMatchObject({
      code: expect.stringMatching(/^RSYNC_(12|255)$/),
      faults: 2,
      why: expect.stringContaining('Connection refused'),
    });
  });

  test('a key that is not accepted is not tried again, and nobody is asked for a password', async () => {
    const {at, put, say, run, fact} = place({target: 'stranger'}, {sshConfig: ssh.config});
    put('in/a', 'a');
    say('d', at('in/'), at('out/'));
    expect((await run('1.s')).code).toBe(1);
    expect(fact('job-1.end')).toMatchObject({
      code: 'RSYNC_255',
      faults: 0,
      why: expect.stringContaining('Permission denied'),
    });
  });
});
