import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {frontText, writeCommands} from '../../../src/stand-ins/pbs/commands.ts';
import {openWorld, type World} from './support/world.ts';

/** The quick front (client.c) does what the client does: the same calls through both. */

const source = join(import.meta.dirname, '..', '..', '..', 'src/stand-ins/pbs/client.c');
const compiler = spawnSync('cc', ['--version']).status === 0;

type Done = {out: string; err: string; rc: number};
type Call = (line: string, more?: {env?: Record<string, string>; cwd?: string; input?: string}) => Promise<Done>;

describe.skipIf(!compiler)('the quick front', () => {
  const top = compiler ? mkdtempSync(join(tmpdir(), 'stage-pbs-front-')) : '';
  const front = join(top, 'local-pbs-client');
  let world: World;
  /** the last one has no node to hand over to */
  let byNode: Call;
  let byFront: Call;
  let byFrontAlone: Call;

  /** Calls with the commands of a directory of their own. */
  function caller(name: string, options: {front?: string; node?: string; socketPath?: string}): Call {
    const bin = join(top, `${name} "bin"`);
    writeCommands(bin, {...world.commands, ...options});
    return async (line, more) => {
      const done = await world.sh(line, {...more, env: {PATH: `${bin}:/usr/bin:/bin`, ...more?.env}});
      return {...done, out: done.out.replaceAll(bin, '<bin>')};
    };
  }

  beforeAll(async () => {
    const done = spawnSync('cc', ['-std=c99', '-Wall', '-Wextra', '-Werror', '-O2', '-o', front, source], {
      encoding: 'utf8',
    });
    expect(done).toMatchObject({stderr: '', status: 0});
    world = await openWorld({serverName: 'pbs-sn1'});
    byNode = caller('node', {});
    byFront = caller('front', {front});
    byFrontAlone = caller('alone', {front, node: '/nonexistent/node'});
    world.script('ok.sh', '#!/bin/bash\ntrue\n');
    world.script('empty.sh', '');
    world.script('odd.sh', '#!/bin/bash\n#PBS -N ödd\n# "q" \\ \t \u0001 \u007f \u2028 😀\n');
    world.script('nul.sh', '#!/bin/bash\n# \0 \n');
    world.script('crlf.sh', '#!/bin/bash\r\ntrue\r\n');
    world.script('bad.sh', '#!/bin/bash\n#PBS -Q x\n');
    world.script('quick.sh', '#!/bin/bash\n#PBS -W block=true\nexit 3\n');
    writeFileSync(join(world.home, 'latin1.sh'), Buffer.from('#!/bin/bash\n# caf\xe9\n', 'latin1'));
    mkdirSync(join(world.home, 'deep/er'), {recursive: true});
    world.script('long.sh', `#!/bin/bash\n${'# 0123456789\n'.repeat(100_000)}`);
    world.script('endless.sh', `#!/bin/bash\n${'# 0123456789\n'.repeat(1_400_000)}`);
    await world.qsub('-h -N held -v "A=ü 😀" ok.sh');
  });
  afterAll(async () => {
    await world.close();
    rmSync(top, {recursive: true, force: true});
  });

  /** Ids go up, and times go on. */
  const withoutCounts = ({out, err, rc}: Done): Done => ({
    out: out.replace(/\d+\.pbs-sn1/g, '<id>').replace(/"timestamp":\t\d+/, '<now>'),
    err: err.replace(/\d+\.pbs-sn1/g, '<id>'),
    rc,
  });

  /** Calls that the front answers by itself. */
  const COMMON = [
    'qstat',
    'qstat -B',
    'qstat -x -f -F json "$(qselect -N held)"',
    'qstat 99999',
    'qstat -f "ü 😀 \\"q\\" \\\\ $(printf "\\t\\n\\001\\177")"',
    'qstat ""',
    `qrls ${Array.from({length: 3000}, (_, at) => 90_000 + at).join(' ')}`,
    'qdel 12.otherserver',
    'qselect -h u -N held | wc -l',
    'qmgr -c "list server"',
    'qmgr -c"set server scheduling=True"',
    'tracejob 99999',
    'pbsnodes -a | head -1',
    'qstat -Q -- workq',
    'qsub -h ok.sh',
    'qsub -hz ok.sh',
    'qsub -h empty.sh',
    'qsub -h odd.sh',
    'qsub -h nul.sh',
    'qsub -h long.sh',
    'qsub bad.sh',
    'qsub -q nosuchq ok.sh',
    'qsub ok.sh -hNname -W depend=afterok:99999',
    'qsub -hq workq ./ok.sh',
    'cd deep/er && qsub -h ../../ok.sh',
    'qsub -v A="$(printf "a\\nb")" -h ok.sh',
    'PBS_SERVER=nosuchhost qstat',
    'qstat > /dev/full',
    'qstat | true',
    'env -i HOME=/ "$(command -v qstat)" 99999',
  ];
  test.each(COMMON)('answers as the client does: %s', async (line) => {
    const [wanted, got] = [await byNode(line), await byFrontAlone(line)];
    expect(withoutCounts(got)).toEqual(withoutCounts(wanted));
  });

  /** Calls that are handed over. */
  const UNUSUAL: [line: string, input?: string][] = [
    ['qsub --version'],
    ['qstat --version'],
    ['qsub missing.sh'],
    ['qsub ""'],
    ['qsub .'],
    ['qsub crlf.sh'],
    ['qsub -h', '#!/bin/bash\n#PBS -N viastdin\n'],
    ['qsub -h -', ''],
    ['qsub -I'],
    ['qsub -h -- /bin/true'],
    ['qsub -Q x ok.sh'],
    ['qsub ok.sh -N'],
    ['qsub ok.sh ok.sh'],
    ['qsub -h latin1.sh'],
    ['qsub quick.sh'],
    ['qsub -W block=true -z ok.sh'],
    ["qstat $'\\xff'"],
    ["ODD=$'\\xed\\xa0\\x80' qsub -h ok.sh"],
    ["qstat $'\\xc0\\x80' $'\\xf4\\x90\\x80\\x80' $'\\xe2\\x82'"],
    ['STAGE_KEPT_A=1 qsub -h ok.sh'],
    ['qmgr', 'list server\nquit\n'],
  ];
  test.each(UNUSUAL)('hands over: %s', async (line, input) => {
    const [wanted, got] = [await byNode(line, {input}), await byFront(line, {input})];
    expect(withoutCounts(got)).toEqual(withoutCounts(wanted));
    const alone = await byFrontAlone(line, {input});
    expect(alone).toMatchObject({out: '', rc: 127, err: expect.stringMatching(/^q\w+: cannot start \/nonexistent/)});
  });

  test('a very long script is handed over', async () => {
    expect(await byFrontAlone('qsub -h endless.sh')).toMatchObject({rc: 127});
  });

  test('variables that would slow node down are kept from it when a call is handed over', async () => {
    const boom = join(top, 'boom.cjs');
    writeFileSync(boom, 'process.stdout.write("boom");');
    const env = {NODE_OPTIONS: `--require=${boom}`, NODE_EXTRA_CA_CERTS: '/some/ca.pem'};
    const id = (await byFront('qsub -h -V', {env, input: '#!/bin/bash\n'})).out.trim();
    expect(id).toMatch(/^\d+\.pbs-sn1$/);
    const list = (await world.job(id))?.Variable_List;
    expect(list).toMatchObject({...env, _: expect.stringMatching(/\/qsub$/)});
    expect(Object.keys(list ?? {}).filter((name) => name.startsWith('STAGE_'))).toEqual([]);
  });

  describe('a server that is down', () => {
    let dead: [Call, Call];
    beforeAll(() => {
      const socketPath = join(top, 'nobody');
      dead = [caller('dead-node', {socketPath}), caller('dead-front', {socketPath, front})];
    });
    test.each([
      'qsub ok.sh',
      'qsub missing.sh',
      'qstat',
      'qstat -f -F json',
      'qdel 1',
      'qrls 1 2',
      'qmgr -c "list server"',
    ])('%s', async (line) => {
      const [wanted, got] = [await dead[0](line), await dead[1](line)];
      expect(wanted.rc).not.toBe(0);
      expect(withoutCounts(got)).toEqual(withoutCounts(wanted));
    });
  });

  /** A server that answers with what the test says, and keeps what it was asked. */
  describe('on the wire', () => {
    const socketPath = join(top, 'wire');
    let server: Server;
    let answer: (socket: Socket) => void;
    let asked: unknown[] = [];
    /** it goes away while it is being asked */
    let deaf = false;
    let wired: [Call, Call];
    beforeAll(async () => {
      server = createServer((socket) => {
        let text = '';
        socket.setEncoding('utf8').on('error', () => undefined);
        socket.on('data', (chunk: string) => {
          text += chunk;
          if (deaf) socket.destroy();
          if (!text.endsWith('\n')) return;
          asked.push(JSON.parse(text));
          answer(socket);
        });
      });
      await new Promise<void>((done) => server.listen(socketPath, done));
      wired = [caller('x', {socketPath}), caller('y', {socketPath, front, node: '/nonexistent/node'})];
    });
    afterAll(() => server.close());

    const ofBoth = async (line: string, more?: Parameters<Call>[1]): Promise<[Done, Done]> => {
      asked = [];
      return [await wired[0](line, more), await wired[1](line, more)];
    };
    const silently = (socket: Socket): void => void socket.end('{"exitCode":0}\n');

    test.each([
      ['qsub ok.sh -N "$(printf "a\\001\\t\\\\\\"ü😀")"'],
      ['qsub odd.sh'],
      ['qsub nul.sh'],
      ['cd -P deep && ln -sfn er link && cd link && qsub ../../ok.sh'],
      ['f() { echo "a, b"; }; export -f f; export TZ=Asia/Tokyo ZETA=1 EMPTY= ; qsub ok.sh'],
      ['unset STAGE_LOCAL_USER TZ; qsub ok.sh'],
      ['STAGE_LOCAL_USER= qsub ok.sh'],
      ['NODE_OPTIONS="--max-old-space-size=100" NODE_EXTRA_CA_CERTS=/x STAGE_PBS_BIN=/y STAGE_PBS_SERVER=z qsub ok.sh'],
      ['qstat "" a -- "b c" \'\''],
    ])('asks the same: %s', async (line) => {
      answer = silently;
      await ofBoth(line.replaceAll("''", ''));
      const [wanted, got] = asked.map((one) =>
        JSON.parse(JSON.stringify(one).replaceAll(/[xy] \\\\?"bin\\\\?"/g, 'bin')),
      );
      expect(wanted).toMatchObject({kind: 'pbs', argv: expect.any(Array)});
      expect(got).toEqual(wanted);
      const names = Object.keys(got.env);
      const functions = names.filter((name) => name.startsWith('BASH_FUNC_'));
      expect(names.slice(names.length - functions.length - 1)).toEqual([...functions, '_']);
    });

    test('any argument arrives as it was typed', async () => {
      answer = silently;
      const text = fc.string({unit: 'grapheme', maxLength: 20}).map((word) => word.replaceAll('\0', ''));
      await fc.assert(
        fc.asyncProperty(fc.array(text, {maxLength: 8}), fc.string({unit: 'binary'}), async (words, script) => {
          world.script('any.sh', script.replaceAll('\r\n', '').replaceAll('block', ''));
          asked = [];
          const quoted = ['-N', ...words].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
          await wired[1](`qstat ${quoted.join(' ')}; qsub -h any.sh`);
          expect(asked[0]).toMatchObject({command: 'qstat', argv: ['-N', ...words]});
          expect(asked[1]).toMatchObject({
            script: {name: 'any.sh', text: readFileSync(join(world.home, 'any.sh'), 'utf8')},
          });
        }),
        {numRuns: 40},
      );
    });

    const big = Array.from({length: 60_000}, (_, at) => `${at} "ü" \\ 😀 \u0001\n`).join('');
    test.each<[string, (socket: Socket) => void]>([
      ['more than a megabyte', (socket) => socket.end(`${JSON.stringify({stdout: big, stderr: 'e', exitCode: 5})}\n`)],
      [
        'every kind of escape',
        (socket) =>
          socket.end(
            '{"stdout":"\\u00e9\\u20AC\\ud83d\\ude00\\ud800x\\udc00\\ud83d\\ud83d\\ude00\\u0000\\"\\\\\\/\\b\\f\\n\\r\\t","exitCode":1}\n',
          ),
      ],
      [
        'fields we do not know',
        (socket) =>
          socket.end(
            ' { "a" : [1,{"b":"}]\\""},null] , "wrong":"x" ,"c":-1.5e3,"d":true,"stdout":null , "stderr" : "e", "exitCode" : 70 } \n',
          ),
      ],
      ['a code beyond a byte', (socket) => socket.end('{"exitCode":15001}\n')],
      [
        'no fields',
        (socket) => socket.end('{}\n{"stdout":""}\n{"stdout":"last","exitCode":0}\n{"stdout":"late","exitCode":9}\n'),
      ],
      [
        'parts, cut anywhere',
        async (socket) => {
          const bytes = Buffer.from('{"stdout":"ü😀\\n"}\n{"stderr":"b\\ud83d\\ude00"}\n{"stdout":"c","exitCode":2}\n');
          for (let at = 0; at < bytes.length; at += 3) {
            socket.write(bytes.subarray(at, at + 3));
            await new Promise((done) => void setTimeout(done, 2));
          }
        },
      ],
      ['nothing', (socket) => socket.end()],
      ['half a line', (socket) => socket.end('{"stdout":"a"}\n{"stdout":"half')],
    ])('prints the same: %s', async (_name, given) => {
      answer = given;
      const [wanted, got] = await ofBoth('qstat');
      expect(got).toEqual(wanted);
      expect(asked).toHaveLength(2);
    });

    test('prints the same when the server goes away in the middle of the question', async () => {
      deaf = true;
      const [wanted, got] = await ofBoth('qsub long.sh');
      deaf = false;
      expect(got).toEqual(wanted);
      expect(got).toEqual({out: '', err: 'qsub: Batch protocol error\n', rc: 15031 % 256});
    });

    test('a PWD that names another directory is handed over as it is, and not believed', async () => {
      answer = silently;
      await ofBoth('PWD=/ qsub ok.sh');
      expect(asked[1]).toMatchObject({cwd: world.home, env: {PWD: '/'}});
      expect(asked[1]).not.toHaveProperty('pwd');
    });

    test('a connection that is lost after the question tells so, and does not ask again', async () => {
      answer = (socket) => socket.end();
      const [, got] = await ofBoth('qsub ok.sh');
      expect(got).toEqual({out: '', err: 'qsub: Batch protocol error\n', rc: 15031 % 256});
      expect(asked).toHaveLength(2);
    });
  });
});

describe('the file of a command', () => {
  const options = {node: '/n', clientJs: '/c', socketPath: '/s'};
  test('names the front as its interpreter, and says what that has to know', () => {
    expect(frontText('qrun', '/b', '/dist/front', options)).toBe(
      '#!/dist/front\n# Written by "stage local": qrun of the stand-in PBS.\n' +
        'node /n\nclient /c\nsocket /s\ncommand qrun\noptions aH:\nbin /b\nserver stage-local\n',
    );
  });
  test.each([
    ['a blank in the path of the front', '/my dist/front', '/b'],
    ['a path that is too long for a first line', `/${'x'.repeat(124)}`, '/b'],
    ['a newline in a value', '/dist/front', '/b\n'],
  ])('%s: none', (_name, front, bin) => {
    expect(frontText('qrun', bin, front, options)).toBeUndefined();
  });
  test('a front that is not there, or does not run here, is left alone', () => {
    const bin = mkdtempSync(join(tmpdir(), 'stage-pbs-bin-'));
    for (const front of [join(bin, 'none'), import.meta.filename]) {
      writeCommands(bin, {...options, front});
      expect(readFileSync(join(bin, 'qstat'), 'utf8')).toMatch(/^#!\/bin\/sh\n/);
    }
    rmSync(bin, {recursive: true});
  });
});
