#!/usr/bin/env node
// A program for "via: command" (docs/transfer-plugins.md) that moves data with globus-url-copy, the client of GridFTP.
// No dependencies. Copy it, make it executable, and name it in a workflow or in "ways:" of a profile.
//
// Hosts: "localhost" is the machine that it runs on (file://). Any other host HOST is gsiftp://HOST:2811, unless
// ~/.config/stage/globus-url-copy.json says otherwise:
//   {"hosts": {"tape": "gsiftp://tape.example.org:2811"}, "arguments": ["-p", "4"],
//    "launch": ["qsub", "-q", "copy", "-l", "walltime=12:00:00", "-j", "oe", "-o", "/dev/null"]}
//
// globus-url-copy takes its time, and "start" must not: a worker does the transfer, by default a process of its own on this
// host. Where what a job leaves behind is killed (most sites), "launch" has the worker run as a job: its script is the last
// argument. What is on record of a task lies in state_directory/ID:
//   asked.json       what is to be moved                  worker.N/      claimed by one worker: mkdir tells who is first
//   worker.N/beat    touched by it each second            worker.N/log   what globus-url-copy said
//   cancel.json      it is not wanted any more            end.json       how it ended: whoever links it first says so
//
// Never runs:      no beat for a minute: the next "show" launches another worker.
// Stops half way:  as that; the next one compares checksums, and moves what is missing.
// Runs twice, one after the other: a worker that finds an end, or its claim taken, does nothing.
// Runs twice at once: two launches of one number are one worker. A beat that was late lets a second one begin: both write the
//                  same bytes, and the first end counts.
import {spawn} from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const PROGRAM = fileURLToPath(import.meta.url);
const STALE_MS = 60_000;
const MOST_WORKERS = 20;
const ID = /^[0-9a-f-]{36}$/;

/** What ends the program: its exit code, and what it answers. See docs/transfer-plugins.md, "Exit codes". */
class Answer extends Error {
  constructor(exit, body) {
    super();
    this.exit = exit;
    this.body = body;
  }
}
const refuse = (code, message, next) => {
  throw new Answer(2, {error: {code, message, next}});
};

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Create a file that never changes afterwards. @returns false when it was there already */
function create(path, value) {
  const temporary = `${path}.new-${process.pid}-${Math.random().toString(36).slice(2)}`;
  writeFileSync(temporary, `${JSON.stringify(value)}\n`, {flag: 'wx', mode: 0o600, flush: true});
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, {force: true});
  }
}

const config = () => readJson(join(homedir(), '.config/stage/globus-url-copy.json')) ?? {};

/** The URL of a path: each part of it is escaped, so that no name can be taken for anything else. */
function urlOf(host, path, isDirectory) {
  const base =
    host === 'localhost' ? 'file://' : (config().hosts?.[host] ?? `gsiftp://${host.replace(/^.*@/, '')}:2811`);
  const home = path.startsWith('/~/');
  if (home && host === 'localhost') path = join(homedir(), path.slice(3));
  const escaped = path
    .split('/')
    .map((part) => (part === '~' ? part : encodeURIComponent(part)))
    .join('/');
  return `${base}${escaped.replace(/\/*$/, isDirectory ? '/' : '')}`;
}

function directoryOf(question, id) {
  if (typeof question.state_directory !== 'string' || !question.state_directory.startsWith('/'))
    refuse('BAD_REQUEST', 'there is no state_directory');
  return ID.test(id) ? join(question.state_directory, id) : undefined;
}

// ---- the verbs

function describe() {
  return {version: 1, name: 'globus-url-copy', options: ['recursive', 'items', 'sync', 'verify_checksum']};
}

function start(question) {
  const directory = directoryOf(question, String(question.id)) ?? refuse('BAD_REQUEST', 'the id is no UUID');
  const hosts = [question.from?.host, question.to?.host];
  if (hosts.some((host) => typeof host !== 'string') || !Array.isArray(question.items))
    refuse('BAD_REQUEST', 'from, to or items are missing');
  if (question.items.some(({checksum}) => checksum !== undefined))
    refuse('NO_SUCH_OPTION', 'it compares with no checksum that is given');
  if (!existsSync(join(directory, 'asked.json'))) {
    const secured = hosts.some((host) => urlOf(host, '/', true).startsWith('gsiftp:'));
    const proxy = process.env.X509_USER_PROXY ?? `/tmp/x509up_u${process.getuid()}`;
    if (
      secured &&
      !process.env.X509_USER_CERT &&
      !existsSync(proxy) &&
      !existsSync(join(homedir(), '.globus/usercert.pem'))
    )
      throw new Answer(3, {
        error: {code: 'NO_PROXY', message: `there is no credential at ${proxy}`, next: 'Make one: grid-proxy-init'},
      });
  }
  mkdirSync(directory, {recursive: true, mode: 0o700});
  create(join(directory, 'asked.json'), {...question, at: new Date().toISOString()});
  keepGoing(directory);
  return {task: question.id};
}

function show(question) {
  return {tasks: question.tasks.map((task) => shown(question, task))};
}

function shown(question, task) {
  const directory = directoryOf(question, task);
  const asked = directory && readJson(join(directory, 'asked.json'));
  if (!asked) return {task, state: 'unknown'};
  keepGoing(directory);
  const end = readJson(join(directory, 'end.json'));
  const workers = workersIn(directory);
  const common = {
    task,
    started: asked.at,
    faults: Math.max(0, workers.length - 1),
    files_total: asked.items.some(({recursive}) => recursive) ? undefined : asked.items.length,
  };
  if (end) return {...common, ...end};
  const log = workers.length > 0 ? tail(join(directory, `worker.${workers.at(-1)}`, 'log')) : '';
  const bytes = [...log.matchAll(/(\d+) bytes/g)].at(-1)?.[1];
  return {
    ...common,
    state: workers.length > 0 ? 'active' : 'queued',
    bytes: bytes === undefined ? undefined : Number(bytes),
  };
}

function cancel(question) {
  const directory = directoryOf(question, String(question.task));
  if (!directory || !existsSync(join(directory, 'asked.json'))) return {};
  create(join(directory, 'cancel.json'), {at: new Date().toISOString()});
  keepGoing(directory);
  return {};
}

function list(question) {
  const directory = directoryOf(question, '0'.repeat(36)).slice(0, -37);
  const ids = existsSync(directory) ? readdirSync(directory).filter((name) => ID.test(name)) : [];
  const newest = ids.map((id) => [statSync(join(directory, id)).birthtimeMs, id]).sort(([one], [other]) => other - one);
  return {tasks: newest.slice(0, Number(question.limit ?? 100)).map(([, id]) => shown(question, id))};
}

// ---- workers

const workersIn = (directory) =>
  readdirSync(directory)
    .flatMap((name) => (/^worker\.\d+$/.test(name) ? [Number(name.slice(7))] : []))
    .sort((one, other) => one - other);

const ageMs = (path) => {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return undefined;
  }
};

/** See that a worker is at it, where one is still wanted. */
function keepGoing(directory) {
  if (existsSync(join(directory, 'end.json'))) return;
  const workers = workersIn(directory);
  const newest = workers.at(-1) ?? 0;
  const beat =
    newest === 0
      ? undefined
      : (ageMs(join(directory, `worker.${newest}`, 'beat')) ?? ageMs(join(directory, `worker.${newest}`)));
  if (beat !== undefined && beat < STALE_MS) return;
  if (existsSync(join(directory, 'cancel.json'))) {
    create(join(directory, 'end.json'), {state: 'cancelled', ended: new Date().toISOString()});
    return;
  }
  if (newest >= MOST_WORKERS) {
    create(join(directory, 'end.json'), {
      state: 'failed',
      error: {code: 'LOST', message: `${MOST_WORKERS} workers were lost`},
      ended: new Date().toISOString(),
    });
    return;
  }
  // One launch of a number a minute: a launcher that has a queue is not asked at each look.
  const launched = join(directory, `launch.${newest + 1}`);
  if ((ageMs(launched) ?? STALE_MS) < STALE_MS) return;
  writeFileSync(launched, '');
  launch(directory, newest + 1);
}

function launch(directory, number) {
  const {launch: command} = config();
  const words = [process.execPath, PROGRAM, 'worker', directory, String(number)];
  if (command === undefined) {
    // Its streams are closed: whoever called this program waits for their end.
    spawn(words[0], words.slice(1), {detached: true, stdio: 'ignore', cwd: '/'}).unref();
    return;
  }
  const script = join(directory, `launch.${number}.sh`);
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  writeFileSync(script, `#!/bin/sh\nexec ${quoted}\n`, {mode: 0o700});
  const child = spawn(command[0], [...command.slice(1), script], {stdio: 'ignore', cwd: '/'});
  child.on('error', () => {}); // the next "show" tries again
}

const SYNC = ['exists', 'size', 'mtime', 'checksum'];

function argumentsOf({from, to, items, options = {}}, number, listFile) {
  const lines = items.map(
    ({from: source, to: target, recursive}) =>
      `"${urlOf(from.host, source, recursive)}" "${urlOf(to.host, target, recursive)}"`,
  );
  writeFileSync(listFile, `${lines.join('\n')}\n`, {mode: 0o600});
  // What an earlier worker moved is compared, and not moved again.
  const sync = number > 1 ? 3 : SYNC.indexOf(options.sync);
  return [
    '-cd',
    '-rst',
    '-rst-retries',
    '5',
    '-vb',
    ...(items.some(({recursive}) => recursive) ? ['-r'] : []),
    ...(options.verify_checksum === false ? [] : ['-verify-checksum']),
    ...(sync < 0 ? [] : ['-sync', '-sync-level', String(sync)]),
    ...(config().arguments ?? []),
    '-f',
    listFile,
  ];
}

function worker(directory, number) {
  const end = join(directory, 'end.json');
  const own = join(directory, `worker.${number}`);
  if (existsSync(end) || existsSync(join(directory, 'cancel.json'))) return;
  try {
    mkdirSync(own, {mode: 0o700});
  } catch (error) {
    if (error.code === 'EEXIST') return; // another one was first
    throw error;
  }
  const beat = join(own, 'beat');
  writeFileSync(beat, '');
  const log = openSync(join(own, 'log'), 'w', 0o600);
  const asked = readJson(join(directory, 'asked.json'));
  const child = spawn('globus-url-copy', argumentsOf(asked, number, join(own, 'list')), {
    stdio: ['ignore', log, log],
    cwd: '/',
  });
  const ended = (value) => create(end, {...value, ended: new Date().toISOString()});
  const timer = setInterval(() => {
    utimesSync(beat, new Date(), new Date());
    if (existsSync(join(directory, 'cancel.json'))) child.kill('SIGTERM');
  }, 1000);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    clearInterval(timer);
    ended({state: 'failed', error: {code: 'NO_CLIENT', message: `globus-url-copy cannot be started: ${error.code}`}});
  });
  child.on('close', (code, signal) => {
    clearInterval(timer);
    if (code === 0) ended({state: 'succeeded', ...movedBy(asked)});
    else if (existsSync(join(directory, 'cancel.json'))) ended({state: 'cancelled'});
    else if (signal === null)
      ended({state: 'failed', error: {code: `EXIT_${code}`, message: lastWords(tail(join(own, 'log')))}});
    // Ended by a signal, with its job or its host: the next "show" launches another.
    else utimesSync(beat, new Date(0), new Date(0));
  });
}

/** What single files on this machine tell of their size. */
function movedBy({from, to, items}) {
  if (items.some(({recursive}) => recursive)) return {};
  const side = to.host === 'localhost' ? 'to' : from.host === 'localhost' ? 'from' : undefined;
  const path = (item) => item[side].replace(/^\/~\//, `${homedir()}/`);
  return {
    files: items.length,
    bytes: side === undefined ? undefined : items.reduce((all, item) => all + statSync(path(item)).size, 0),
  };
}

function tail(path) {
  let file;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  const {size} = fstatSync(file);
  const bytes = Buffer.alloc(4096);
  const read = readSync(file, bytes, 0, 4096, Math.max(0, size - 4096));
  closeSync(file);
  return bytes.toString('utf8', 0, read);
}

const lastWords = (log) =>
  log
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(Source|Dest):/.test(line))
    .slice(-4)
    .join('; ')
    .slice(0, 500) || 'globus-url-copy gave no reason';

// ---- one question, one answer

const VERBS = {describe, start, show, cancel, list};
const [verb, ...rest] = process.argv.slice(2);
if (verb === 'worker') worker(rest[0], Number(rest[1]));
else {
  let exit = 0;
  let body;
  try {
    const answer = Object.hasOwn(VERBS, verb ?? '') ? VERBS[verb] : refuse('NO_SUCH_VERB', `there is no verb ${verb}`);
    let question;
    try {
      question = JSON.parse(readFileSync(0, 'utf8'));
    } catch {
      refuse('BAD_REQUEST', 'the question is not JSON');
    }
    body = answer(question);
  } catch (error) {
    if (!(error instanceof Answer)) throw error; // exit code 1: nothing is concluded from it
    ({exit, body} = error);
  }
  process.exitCode = exit;
  process.stdout.write(`${JSON.stringify(body)}\n`);
}
