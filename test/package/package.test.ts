import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {cleanEnvironment, PACKAGE, runProgram} from '../support/cli.ts';

// What is handed out is what must run: the real packages, unpacked where nothing of this checkout is.
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stage-package-'));
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

const run = (program: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runProgram(program, argv, {cwd: directory, env: cleanEnvironment(env), timeoutMs: 120_000});

function filesBelow(path: string): string[] {
  return readdirSync(path, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
}

test('what "npm pack" makes runs a workflow alone, without any package beside it', async () => {
  const packed = await run('npm', ['pack', PACKAGE, '--ignore-scripts', '--silent']);
  expect(packed).toMatchObject({exitCode: 0});
  await run('tar', ['xzf', packed.stdout.trim()]);
  const root = join(directory, 'package');
  const node = {STAGE_NODE: process.execPath, STAGE_HOME: join(directory, 'home'), STAGE_PROFILE: 'local'};
  const stage = (...argv: string[]) => run(join(root, 'bin', 'stage'), argv, node);

  const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {version: string};
  expect((await stage('--version')).stdout).toContain(`stage ${version}`);
  expect((await stage('help')).stdout).toContain('run');
  writeFileSync(join(directory, 'job.sh'), '#!/bin/sh\necho computed\n');
  try {
    const ran = await stage('run', '--name', 'alone', '--job', 'job.sh', '--wait', '--json');
    expect(ran).toMatchObject({exitCode: 0});
    expect((await stage('logs', 'alone')).stdout).toContain('computed');
  } finally {
    await stage('local', 'down');
  }
  expect(filesBelow(join(root, 'dist')).filter((name) => name.endsWith('.map'))).toEqual([]);
});

test('the licences of all that is bundled come along', () => {
  const text = readFileSync(join(PACKAGE, 'dist', 'LICENCES.txt'), 'utf8');
  for (const name of ['@globus/sdk', '@oclif/core', '@oclif/plugin-help', 'winston', 'yaml', 'zod'])
    expect(text).toMatch(new RegExp(`^${name} \\d+\\.`, 'm'));
  expect(text).toMatch(/Permission is hereby granted/);
});

/** A checkout that is built, with a Node.js of a few bytes in place of the 120 MB that it would bring along. */
function lightCheckout(): string {
  const root = join(directory, 'checkout');
  for (const part of ['bin', 'dist', 'pbs', 'examples', 'docs', 'scripts', 'package.json', 'oclif.manifest.json'])
    cpSync(join(PACKAGE, part), join(root, part), {recursive: true});
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md']) cpSync(join(PACKAGE, name), join(root, name));
  symlinkSync(join(PACKAGE, 'node_modules'), join(root, 'node_modules'));
  mkdirSync(join(root, '.runtime', 'bin'), {recursive: true});
  writeFileSync(join(root, '.runtime', 'LICENSE'), 'of Node.js\n');
  const node = join(root, '.runtime', 'bin', 'node');
  writeFileSync(node, `#!/bin/sh\nexec ${process.execPath} "$@"\n`);
  chmodSync(node, 0o755);
  return root;
}

test('the tarball of a site holds its own Node.js, few files, and the same bytes from the same sources', async () => {
  const root = lightCheckout();
  const name = `stage-${(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {version: string}).version}-linux-${process.arch}`;
  const tarball = async (into: string) => {
    mkdirSync(join(directory, into));
    const made = await run('sh', [join(root, 'scripts/package.sh'), '--built', join(directory, into)]);
    expect(made).toMatchObject({exitCode: 0});
    return readFileSync(join(directory, into, `${name}.tar.gz`));
  };
  const first = await tarball('first');
  // Made by another umask, at another time.
  chmodSync(join(root, 'pbs', 'look.sh'), 0o600);
  writeFileSync(join(root, 'README.md'), readFileSync(join(root, 'README.md')));
  expect((await tarball('second')).equals(first)).toBe(true);

  await run('tar', ['xzf', join(directory, 'first', `${name}.tar.gz`)]);
  const unpacked = join(directory, name);
  // 95 commands are bundled with what they share; larger bundles made each start a third slower.
  expect(filesBelow(unpacked).length).toBeLessThan(400);
  expect(existsSync(join(unpacked, 'node_modules', 'keytar', 'keytar.js'))).toBe(true);
  // Nothing but what it brings: no node on PATH.
  const shown = await run(join(unpacked, 'bin', 'stage'), ['--version'], {PATH: '/usr/bin:/bin'});
  expect(shown).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/^stage \d/)});
});
