import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {lacking} from '../../support/loopback-ssh.ts';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: rsync in jobs of the stand-in PBS, and a program that moves with cp.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

/** A program as docs/transfer-plugins.md has it, that moves one file when it is started. */
function mover(name: string, body = ''): string {
  const file = join(world.work, name);
  writeFileSync(
    file,
    `#!${process.execPath}
const fs = require('node:fs');
const verb = process.argv[2];
const q = JSON.parse(fs.readFileSync(0, 'utf8'));
const say = (answer, exit = 0) => { process.stdout.write(JSON.stringify(answer)); process.exit(exit); };
fs.appendFileSync(${JSON.stringify(file)} + '.asked', verb + ' ' + (q.id ?? q.task ?? '') + '\\n');
${body}
const known = (id) => q.state_directory + '/' + id;
if (verb === 'describe') say({version: 1, name: 'mover', options: []});
if (verb === 'start') {
  if (!fs.existsSync(known(q.id))) {
    fs.copyFileSync(q.items[0].from, q.items[0].to);
    fs.writeFileSync(known(q.id), '');
  }
  say({task: q.id});
}
if (verb === 'show') say({tasks: q.tasks.map((task) => ({task, state: fs.existsSync(known(task)) ? 'succeeded' : 'unknown', bytes: 3, files: 1}))});
say({});
`,
  );
  chmodSync(file, 0o700);
  return file;
}

const asked = (program: string, verb: string) =>
  readFileSync(`${program}.asked`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${verb} `));

describe.concurrent('a program of the site', () => {
  test('moves what a job needs: started once, though the command is repeated, and the job runs when it has arrived', async () => {
    const program = mover('mover');
    world.write('in.txt', 'hi\n');
    world.write('use.sh', `#!/bin/sh\ncat ${world.work}/in.copy > ${world.work}/used\n`);
    const file = world.write(
      'by-program.yaml',
      `name: by-program\nsteps:\n  in: {transfer: {from: ${world.work}/in.txt, to: ${world.work}/in.copy, via: command, program: ${program}}}\n  use: {needs: [in], job: {script: use.sh}}\n`,
    );
    await Promise.all([world.stage('run', file), world.stage('run', file)]);
    await world.stage('run', file);
    const {steps} = await world.ended('by-program.1');
    expect(steps.map(({step, state}) => `${step} ${state}`)).toEqual(['in succeeded', 'use succeeded']);
    expect(steps[0]).toMatchObject({why: 'mover reports SUCCEEDED', task: expect.stringMatching(/^command-/)});
    expect(readFileSync(join(world.work, 'used'), 'utf8')).toBe('hi\n');
    expect(new Set(asked(program, 'start')).size).toBe(1);
    const shown = await world.stage('transfer', 'show', String(steps[0]?.task));
    expect(shown.stdout).toContain('succeeded');
  });

  test('is refused by check where it is missing, or has not the options that are asked for', async () => {
    const program = mover('without-options');
    const flow = (name: string, what: string) =>
      world.write(
        `${name}.yaml`,
        `name: ${name}\nsteps:\n  in: {transfer: {from: ${world.work}/a/, to: ${world.work}/b/, via: command, ${what}}}\n`,
      );
    const lacks = await world.stage('check', flow('lacks', `sync: size, program: ${program}`));
    expect(lacks.exitCode).toBe(2);
    expect(lacks.stdout).toContain('step in: recursive is an option that mover does not have');
    expect(lacks.stdout).toContain('step in: sync is an option that mover does not have');
    const missing = await world.stage('check', flow('missing', 'program: /opt/no/mover'));
    expect(missing.exitCode).toBe(2);
    expect(missing.stdout).toContain('there is no such file on this host');
  });

  test('that another user could change is not run', async () => {
    const program = mover('everybodys');
    chmodSync(program, 0o777);
    const file = world.write(
      'trust.yaml',
      `name: trust\nsteps:\n  in: {transfer: {from: ${world.work}/a, to: ${world.work}/b, via: command, program: ${program}}}\n`,
    );
    const ran = await world.stage('check', file);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout).toContain('can be changed by others');
    expect(existsSync(`${program}.asked`)).toBe(false);
  });
});

const RSYNC = lacking('rsync');
describe.skipIf(RSYNC !== undefined)('a copy by a job', () => {
  test('brings data to a job and takes results away, once, though the command is repeated at once', async () => {
    mkdirSync(join(world.work, 'data'));
    writeFileSync(join(world.work, 'data', 'a'), 'abc');
    world.write(
      'make.sh',
      `#!/bin/sh\nmkdir -p ${world.work}/results && cp ${world.work}/near/a ${world.work}/results/b\n`,
    );
    const transfer = (from: string, to: string) =>
      `transfer: {from: ${world.work}/${from}/, to: ${world.work}/${to}/, via: copy}`;
    const file = world.write(
      'by-copy.yaml',
      `name: by-copy\nsteps:\n  in: {${transfer('data', 'near')}}\n  make: {needs: [in], job: {script: make.sh}}\n  out: {needs: [make], ${transfer('results', 'far')}}\n`,
    );
    await Promise.all([world.stage('run', file), world.stage('run', file)]);
    const {steps} = await world.ended('by-copy.1');
    expect(steps.map(({step, state}) => `${step} ${state}`)).toEqual([
      'in succeeded',
      'make succeeded',
      'out succeeded',
    ]);
    expect(steps[2]).toMatchObject({why: 'the copy job reports SUCCEEDED', task: expect.stringMatching(/^copy-/)});
    expect(readFileSync(join(world.work, 'far', 'b'), 'utf8')).toBe('abc');
    for (const step of [steps[0], steps[2]]) {
      const record = join(world.home, 'local', 'ways', String(step?.task).replace('copy-', ''));
      expect(readdirSync(record).filter((name) => name.endsWith('.start.json'))).toEqual(['job-1.start.json']);
    }
  });

  test('needs no Globus: a profile without one runs it, and says so of a transfer by Globus', async () => {
    mkdirSync(join(world.work, 'alone'));
    writeFileSync(join(world.work, 'alone', 'a'), 'a');
    const config = world.write(
      'none.yaml',
      'profiles: {bare: {scheduler: local, transfer: none, monitor: {min: 1, max: 2}}}\n',
    );
    const env = {STAGE_CONFIG: config, STAGE_PROFILE: 'bare'};
    const file = world.write(
      'bare.yaml',
      `name: bare\nsteps:\n  in: {transfer: {from: ${world.work}/alone/, to: ${world.work}/alone.copy/, via: copy}}\n`,
    );
    expect(await world.stage('run', file, {env})).toMatchObject({exitCode: 0});
    await world.waitFor('the copy', async () =>
      (await world.stage('status', 'bare', {env})).stdout.includes('succeeded'),
    );
    const other = world.write(
      'globus.yaml',
      'name: g\nsteps:\n  in: {transfer: {from: "aaaaaaaa-5a5a-4a5a-8a5a-000000000001:/a", to: "cccccccc-5a5a-4a5a-8a5a-000000000002:/a"}}\n',
    );
    const checked = await world.stage('check', other, {env});
    expect(checked.exitCode).toBe(2);
    expect(checked.stdout).toContain('profile "bare" says transfer: none');
  });

  test('whose source is missing fails its step with the words of rsync, and "why" tells them', async () => {
    const file = world.write(
      'no-source.yaml',
      `name: no-source\nsteps:\n  in: {transfer: {from: ${world.work}/nothing/, to: ${world.work}/nowhere/, via: copy}}\n`,
    );
    await world.stage('run', file);
    const {steps} = await world.ended('no-source.1');
    expect(steps[0]).toMatchObject({
      state: 'failed',
      why: expect.stringMatching(/the copy job reports RSYNC_23: .*No such file/),
    });
    expect((await world.stage('why', 'no-source')).stdout).toContain('No such file');
    expect(existsSync(join(world.work, 'nowhere'))).toBe(false);
  });
});
