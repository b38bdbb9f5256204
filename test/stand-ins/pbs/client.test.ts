import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {commandText, writeCommands} from '../../../src/stand-ins/pbs/commands.ts';
import {openWorld, type World} from './support/world.ts';

// Real processes: the commands on PATH are programs, with their streams and exit codes.

/** What the commands on PATH ask over their socket, and what they print of the answer. */

interface Request {
  readonly kind: string;
  readonly command: string;
  readonly argv: readonly string[];
  readonly script?: {readonly name: string | null; readonly text: string} | null;
  readonly stdin?: string;
  readonly cwd: string;
  readonly pwd?: string;
  readonly tz?: string;
  readonly user: string;
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
}

let world: World;
/** a server that answers with what the test says, and keeps what it was asked */
let server: Server;
let answer: (socket: Socket) => void;
let asked: Request[] = [];
let bin: string;
const silently = (socket: Socket): void => void socket.end('{"exitCode":0}\n');

beforeAll(async () => {
  world = await openWorld({serverName: 'pbs-sn1'});
  bin = join(world.home, '..', 'wired "bin"');
  const socketPath = join(world.home, '..', 'wire');
  writeCommands(bin, {...world.commands, socketPath});
  server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8').on('error', () => undefined);
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (deaf) socket.destroy();
      if (!text.endsWith('\n')) return;
      asked.push(JSON.parse(text) as Request);
      answer(socket);
    });
  });
  await new Promise<void>((done) => server.listen(socketPath, done));
  world.script('ok.sh', '#!/bin/bash\ntrue\n');
  world.script('odd.sh', '#!/bin/bash\n#PBS -N ödd\n# "q" \\ \t \u0001 \u007f \u2028 😀\n');
  world.script('nul.sh', '#!/bin/bash\n# \0 \n');
  world.script('long.sh', `#!/bin/bash\n${'# 0123456789\n'.repeat(100_000)}`);
  mkdirSync(join(world.home, 'deep/er'), {recursive: true});
});
afterAll(async () => {
  server.close();
  await world.close();
});
/** it goes away while it is being asked */
let deaf = false;
beforeEach(() => {
  asked = [];
  deaf = false;
  answer = silently;
});

const call: World['sh'] = (line, more) => world.sh(line, {...more, env: {PATH: `${bin}:/usr/bin:/bin`, ...more?.env}});
const LOST = {out: '', err: 'qsub: Batch protocol error\n', rc: 15031 % 256};

describe('it asks', () => {
  test('with the arguments, the script, the directory and who it is', async () => {
    await call('qsub ok.sh -N "$(printf "a\\001\\t\\\\\\"ü😀")"');
    expect(asked).toEqual([
      {
        kind: 'pbs',
        command: 'qsub',
        argv: ['ok.sh', '-N', 'a\u0001\t"ü😀'],
        script: {name: 'ok.sh', text: '#!/bin/bash\ntrue\n'},
        cwd: world.home,
        pwd: world.home,
        env: expect.objectContaining({HOME: world.home}),
        tz: 'UTC',
        user: 'alice',
        bin,
      },
    ]);
    expect(Object.keys(asked[0]?.env ?? {}).filter((name) => name.startsWith('STAGE_'))).toEqual([]);
  });

  test.each(['odd.sh', 'nul.sh', 'long.sh'])('with every character of %s', async (name) => {
    await call(`qsub ${name}`);
    expect(asked[0]?.script).toEqual({name, text: readFileSync(join(world.home, name), 'utf8')});
  });

  test('any argument and any script as they are', async () => {
    const text = fc.string({unit: 'grapheme', maxLength: 20}).map((word) => word.replaceAll('\0', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(text, {maxLength: 8}), fc.string({unit: 'binary'}), async (words, script) => {
        world.script('any.sh', script.replaceAll('\r\n', '').replaceAll('block', ''));
        asked = [];
        const quoted = ['-N', ...words].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
        await call(`qstat ${quoted.join(' ')}; qsub -h any.sh`);
        expect(asked[0]).toMatchObject({command: 'qstat', argv: ['-N', ...words]});
        expect(asked[1]?.script).toEqual({name: 'any.sh', text: readFileSync(join(world.home, 'any.sh'), 'utf8')});
      }),
      {numRuns: 8},
    );
  });

  test('with empty words, blanks and "--" where they were typed', async () => {
    await call('qstat "" a -- "b c" ""');
    expect(asked[0]?.argv).toEqual(['', 'a', '--', 'b c', '']);
  });

  test('with the symbolic link that PWD names', async () => {
    await call('cd -P deep && ln -sfn er link && cd link && qsub ../../ok.sh');
    expect(asked[0]).toMatchObject({cwd: join(world.home, 'deep/er'), pwd: join(world.home, 'deep/link')});
  });

  test('with functions behind the variables, and "_" last', async () => {
    await call('f() { echo "a, b"; }; export -f f; export TZ=Asia/Tokyo ZETA=1 EMPTY= ; qsub ok.sh');
    const names = Object.keys(asked[0]?.env ?? {});
    expect(names.slice(-2)).toEqual(['BASH_FUNC_f%%', '_']);
    expect(asked[0]).toMatchObject({
      tz: 'Asia/Tokyo',
      env: {ZETA: '1', EMPTY: '', 'BASH_FUNC_f%%': '() {  echo "a, b"\n}'},
    });
  });

  test('with the variables that are kept from node, and without those of the stand-in', async () => {
    const boom = join(world.home, 'boom.cjs');
    writeFileSync(boom, 'process.stdout.write("boom");');
    const env = {NODE_OPTIONS: `--require=${boom}`, NODE_EXTRA_CA_CERTS: '/some/ca.pem'};
    expect(await call('STAGE_PBS_BIN=/y STAGE_PBS_SERVER=z STAGE_KEPT_A=1 qsub ok.sh', {env})).toMatchObject({out: ''});
    expect(asked[0]?.env).toMatchObject({...env, _: expect.stringMatching(/\/qsub$/), A: '1'});
    expect(Object.keys(asked[0]?.env ?? {}).filter((name) => name.startsWith('STAGE_'))).toEqual([]);
  });

  test('as the user of the process where nothing else is said', async () => {
    await call('unset STAGE_LOCAL_USER TZ; qsub ok.sh');
    expect(asked[0]?.user).not.toBe('alice');
    expect(asked[0]).not.toHaveProperty('tz');
  });

  test('without believing a PWD that names another directory', async () => {
    // dash, which runs the other commands, corrects PWD itself.
    await call('PWD=/ qsub ok.sh');
    expect(asked[0]).toMatchObject({cwd: world.home});
    expect(asked[0]?.pwd ?? world.home).toBe(world.home);
  });
});

const big = Array.from({length: 60_000}, (_, at) => `${at} "ü" \\ 😀 \u0001\n`).join('');

describe('it prints', () => {
  test.each<[string, (socket: Socket) => void, {out: string; err: string; rc: number}]>([
    [
      'more than a megabyte',
      (socket) => socket.end(`${JSON.stringify({stdout: big, stderr: 'e', exitCode: 5})}\n`),
      {out: big, err: 'e', rc: 5},
    ],
    [
      'every kind of escape, and a half of a pair as the sign for what is no character',
      (socket) =>
        socket.end(
          '{"stdout":"\\u00e9\\u20AC\\ud83d\\ude00\\ud800x\\udc00\\ud83d\\ud83d\\ude00\\"\\\\\\/\\b\\f\\n\\r\\t","exitCode":1}\n',
        ),
      {out: 'é€😀\ufffdx\ufffd\ufffd😀"\\/\b\f\n\r\t', err: '', rc: 1},
    ],
    [
      'nothing of fields that it does not know',
      (socket) =>
        socket.end(
          ' { "a" : [1,{"b":"}]\\""},null] , "wrong":"x" ,"c":-1.5e3,"d":true,"stdout":null , "stderr" : "e", "exitCode" : 70 } \n',
        ),
      {out: '', err: 'e', rc: 70},
    ],
    [
      'nothing more, and ends with the last byte of the code',
      (socket) => socket.end('{"exitCode":15001}\n'),
      {out: '', err: '', rc: 15001 % 256},
    ],
    [
      'all parts up to the one with an exit code',
      (socket) => socket.end('{}\n{"stdout":""}\n{"stdout":"last","exitCode":0}\n{"stdout":"late","exitCode":9}\n'),
      {out: 'last', err: '', rc: 0},
    ],
    [
      'parts that are cut anywhere',
      (socket) => {
        const bytes = Buffer.from('{"stdout":"ü😀\\n"}\n{"stderr":"b\\ud83d\\ude00"}\n{"stdout":"c","exitCode":2}\n');
        const send = (at: number): void => {
          if (at < bytes.length) socket.write(bytes.subarray(at, at + 3), () => setImmediate(send, at + 3));
        };
        send(0);
      },
      {out: 'ü😀\nc', err: 'b😀', rc: 2},
    ],
    [
      'that the connection was lost, of no answer',
      (socket) => socket.end(),
      {out: '', err: 'qstat: Batch protocol error\n', rc: 15031 % 256},
    ],
    [
      'the whole parts of an answer that broke off',
      (socket) => socket.end('{"stdout":"a"}\n{"stdout":"half'),
      {out: 'a', err: 'qstat: Batch protocol error\n', rc: 15031 % 256},
    ],
  ])('%s', async (_what, given, expected) => {
    answer = given;
    expect(await call('qstat')).toEqual(expected);
    expect(asked).toHaveLength(1);
  });

  test('that the connection was lost when the server goes away in the middle of the question', async () => {
    deaf = true;
    expect(await call('qsub long.sh')).toEqual(LOST);
  });

  test('that the connection was lost after the question, and does not ask again', async () => {
    answer = (socket) => socket.end();
    expect(await call('qsub ok.sh')).toEqual(LOST);
    expect(asked).toHaveLength(1);
  });

  test.each(['qstat > /dev/full', 'qstat | true'])('and does not mind a reader that is gone: %s', async (line) => {
    answer = (socket) => socket.end('{"stdout":"text\\n","exitCode":0}\n');
    expect(await call(line)).toEqual({out: '', err: '', rc: 0});
  });
});

test('it works in an empty environment', async () => {
  const {err, rc} = await call('env -i HOME=/ "$(command -v qstat)" 99999');
  expect({err, rc}).toEqual({err: '', rc: 0});
  expect(asked[0]).toMatchObject({argv: ['99999'], env: {HOME: '/'}});
});

describe('the file of a command', () => {
  const options = {node: '/n', clientJs: '/c', socketPath: '/s'};
  test('is a script that starts node with the client', () => {
    expect(commandText('qrun', '/b', options)).toMatch(
      /^#!\/bin\/sh\n# Written by "stage local": qrun of the stand-in PBS\.\n.*\nexec '?\/n'? '?\/c'? '?\/s'? '?qrun'? "\$@"\n$/s,
    );
  });

  test('outlives the installation that wrote it: its client lies beside it', async () => {
    const installed = join(world.home, '..', 'installed.mjs');
    const commands = join(world.home, '..', 'bin2');
    writeFileSync(installed, readFileSync(world.commands.clientJs));
    writeCommands(commands, {...world.commands, clientJs: installed});
    rmSync(installed);
    expect(await world.sh(`'${commands}/qstat' --version`)).toMatchObject({out: 'pbs_version = 23.06.06\n', rc: 0});
  });
});
