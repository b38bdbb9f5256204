import {closeSync, openSync, readSync, statSync} from 'node:fs';
import {connect, type Socket} from 'node:net';
import {userInfo} from 'node:os';
import {dirname} from 'node:path';
import {isatty} from 'node:tty';
import {isOthersDirectory} from '../others-directory.ts';
import {userEnvironment} from './kept-variables.ts';
import {OPTIONS, readArguments} from './language/options.ts';
import {serverDown} from './language/server-down.ts';

/**
 * The program behind every PBS command (`node client.js SOCKET COMMAND ARGS…`): it sends what was typed to the stand-in
 * and prints the answer.
 *
 * It is bundled into one small file, because a batch script may call it hundreds of times: a call takes about 9 ms more
 * than an empty program (Node.js 24; its compile cache saves none of it).
 * Protocol: one line of JSON there, and back one line for each part of the answer; the last has an exitCode.
 */

const VERSION = 'pbs_version = 23.06.06\n';

class LocalError extends Error {
  readonly exitCode: number;
  constructor(text: string, exitCode: number) {
    super(text);
    this.exitCode = exitCode;
  }
}

function readAll(fd: number): Buffer {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  for (;;) {
    let count = 0;
    try {
      count = readSync(fd, chunk, 0, chunk.length, null);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EOF') break;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10); // a terminal set to not block
      continue;
    }
    if (count === 0) break;
    chunks.push(Buffer.from(chunk.subarray(0, count)));
  }
  return Buffer.concat(chunks);
}

/** qsub reads its script itself, with its own errors (measured on OpenPBS 23.06). */
function readScript(argv: readonly string[]): Script | undefined {
  const given = readArguments(argv, OPTIONS.qsub ?? '');
  if (given.dashes || given.operands.length > 1 || given.complaints.length > 0) return undefined;
  if (given.options.some(({letter}) => letter === 'I')) return undefined;
  const path = given.operands[0];
  if (path === undefined || path === '-') return scriptOf(null, readAll(0));
  let fd: number;
  try {
    if (!statSync(path).isFile()) throw new LocalError('script not a file', 1);
    fd = openSync(path, 'r');
  } catch (error) {
    if (error instanceof LocalError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EACCES') throw new LocalError('opening script file:: Permission denied', 8);
    throw new LocalError('script file:: No such file or directory', 1);
  }
  const script = scriptOf(path, readAll(fd));
  closeSync(fd);
  if (script.text.includes('\r\n')) throw new LocalError('script contains cr, lf', 1);
  return script;
}

interface Script {
  readonly name: string | null;
  /** what is read of it */
  readonly text: string;
  /** base64, where the text does not say every byte */
  readonly bytes?: string | undefined;
}

function scriptOf(name: string | null, content: Buffer): Script {
  const text = content.toString('utf8');
  return {name, text, bytes: Buffer.from(text).equals(content) ? undefined : content.toString('base64')};
}

/** The current directory; undefined when it is gone. PBS takes a job from there all the same (measured on OpenPBS 23.06). */
function currentDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** $PWD when it names the directory we are in, so that symbolic links on the way are kept. */
function trustedPwd(pwd: string | undefined): string | undefined {
  if (pwd?.startsWith('/') !== true) return undefined;
  try {
    const there = statSync(pwd);
    const here = statSync('.');
    return there.ino === here.ino && there.dev === here.dev ? pwd : undefined;
  } catch {
    return undefined;
  }
}

interface Part {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
}

/** The fields of an answer's line that we know; anything else is left out. */
function readPart(line: string): Part {
  const read: unknown = JSON.parse(line);
  if (typeof read !== 'object' || read === null) return {};
  return {
    stdout: 'stdout' in read && typeof read.stdout === 'string' ? read.stdout : undefined,
    stderr: 'stderr' in read && typeof read.stderr === 'string' ? read.stderr : undefined,
    exitCode: 'exitCode' in read && typeof read.exitCode === 'number' ? read.exitCode : undefined,
  };
}

/** Send one request; hand over each part as it comes. @returns the exit code, or why there is none */
function ask(socketPath: string, request: object, take: (part: Part) => void): Promise<number | 'down' | 'lost'> {
  if (isOthersDirectory(dirname(socketPath))) return Promise.resolve('down'); // whatever answers there is not our server
  return new Promise((resolve) => {
    let connected = false;
    let rest = '';
    const socket: Socket = connect(socketPath);
    socket.setEncoding('utf8');
    socket.once('connect', () => {
      connected = true;
      socket.write(`${JSON.stringify(request)}\n`);
    });
    socket.on('data', (chunk: string) => {
      rest += chunk;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        const part = readPart(rest.slice(0, end));
        rest = rest.slice(end + 1);
        take(part);
        if (part.exitCode !== undefined) {
          socket.destroy();
          resolve(part.exitCode);
          return;
        }
      }
    });
    socket.once('error', () => resolve(connected ? 'lost' : 'down'));
    socket.once('close', () => resolve('lost'));
  });
}

/**
 * Run one command to its end and exit with its code.
 *
 * @param command the name it was called by, such as `qsub`
 */
async function runClient(command: string, argv: readonly string[], socketPath: string): Promise<void> {
  // A full disk or a closed pipe is not reported (measured: `qstat -f > /dev/full` exits 0).
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const server = process.env.STAGE_PBS_SERVER ?? 'stage-local';
  if (argv[0] === '--version') {
    process.stdout.write(VERSION);
    return;
  }
  const env = userEnvironment(process.env);
  let script: Script | undefined;
  try {
    if (command === 'qsub') script = readScript(argv);
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    process.stderr.write(`qsub: ${error.message}\n`);
    process.exitCode = error.exitCode;
    return;
  }
  const reads = command === 'qmgr' && !argv.some((word) => word.startsWith('-c'));
  const cwd = currentDirectory();
  const base = {
    kind: 'pbs',
    cwd: cwd ?? env.HOME ?? '/',
    cwdGone: cwd === undefined || undefined,
    pwd: trustedPwd(env.PWD),
    env,
    tz: env.TZ,
    user: process.env.STAGE_LOCAL_USER ?? userInfo().username,
    bin: process.env.STAGE_PBS_BIN,
    ...(isatty(0) && isatty(1) ? {terminal: true} : {}),
  };
  let blockedOn = '';
  const print = (part: Part): void => {
    if (part.stdout) process.stdout.write(part.stdout);
    if (part.stderr) process.stderr.write(part.stderr);
    if (part.exitCode === undefined && part.stdout) blockedOn = part.stdout.trim();
  };
  let interrupted = false;
  for (const [name, number] of [
    ['SIGTERM', 15],
    ['SIGINT', 2],
    ['SIGHUP', 1],
  ] as const)
    process.once(name, () => {
      if (blockedOn === '') process.exit(128 + number);
      // A qsub that waits for its job takes the job with it.
      interrupted = true;
      process.stderr.write(`qsub: wait for job ${blockedOn} interrupted by signal ${number}\n`);
      process.stdout.write(`Job ${blockedOn} is being deleted\n`);
      void ask(socketPath, {...base, command: 'qdel', argv: [blockedOn]}, () => undefined).then(() => process.exit(2));
    });
  const outcome = await ask(
    socketPath,
    {...base, command, argv, script, stdin: reads ? readAll(0).toString('utf8') : undefined},
    print,
  );
  if (interrupted) return;
  if (typeof outcome === 'number') process.exitCode = outcome;
  else if (outcome === 'down') {
    const down = serverDown(command, argv, server, Date.now());
    print(down);
    process.exitCode = down.exitCode;
  } else {
    // The server went away while it had the request: what became of that is not known.
    process.stderr.write(`${command}: Batch protocol error\n`);
    process.exitCode = 15031 % 256;
  }
}

const [socketPath = '', command = '', ...argv] = process.argv.slice(2);
void runClient(command, argv, socketPath);
