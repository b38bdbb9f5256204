import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type LogLine, logFileName, outdatedLogs, renderLine} from '../../src/log/log.ts';
import {type LogSettings, openLog} from '../../src/log/open-log.ts';

const NOON = Date.UTC(2026, 10, 30, 12);
const line: LogLine = {
  at: NOON,
  level: 'info',
  event: 'pbs.qsub',
  fields: {run: 'weather.1', step: 'compute', job: '4[].pbs-1', task: undefined, ms: 12, why: 'two words'},
};

test('text begins with time, level and event, and leaves out what is not known', () => {
  expect(renderLine(line, 'text')).toBe(
    '2026-11-30T12:00:00.000Z info  pbs.qsub run=weather.1 step=compute job=4[].pbs-1 ms=12 why="two words"',
  );
});

test('JSON lines hold numbers as numbers', () => {
  expect(JSON.parse(renderLine(line, 'json'))).toEqual({
    ts: '2026-11-30T12:00:00.000Z',
    level: 'info',
    event: 'pbs.qsub',
    run: 'weather.1',
    step: 'compute',
    job: '4[].pbs-1',
    ms: 12,
    why: 'two words',
  });
});

test('NetLogger lines begin with ts, event and level', () => {
  expect(renderLine({...line, level: 'warn'}, 'netlogger')).toMatch(
    /^ts=2026-11-30T12:00:00\.000Z event=stage\.pbs\.qsub level=Warn run=weather\.1 /,
  );
});

test.each(['text', 'json', 'netlogger'] as const)(
  'a text from outside cannot end a line of %s, or begin a field',
  (format) => {
    const told = renderLine(
      {...line, fields: {why: 'all is well\nlevel=Info run=other.1 "x"\u001b[2J\u009b2J\u202e\u007f'}},
      format,
    );
    expect(told).not.toMatch(/[\n\u001b\u007f\u009b\u202e]/);
    expect(told.split(/(?<!\\)"/).join('')).not.toMatch(/ run=other\.1 x$/);
  },
);

test('files of other hosts, newer ones and what is no log are kept', () => {
  const names = [
    'a-2026-10-01.log',
    'a-2026-11-29.log',
    'a-b-2026-10-01.log',
    'b-2026-10-01.log',
    'a-notes.log',
    'a-2026-10-01.log.gz',
  ];
  expect(outdatedLogs(names, 'a', NOON, 30)).toEqual(['a-2026-10-01.log']);
  expect(outdatedLogs(names, 'a', NOON, 0)).toEqual(['a-2026-10-01.log', 'a-2026-11-29.log']);
});

test('a host name cannot lead out of the directory', () => {
  expect(logFileName('../evil/host', NOON)).toBe('.._evil_host-2026-11-30.log');
});

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stage-log-'));
});
afterEach(() => rmSync(home, {recursive: true, force: true}));

function settings(more: Partial<LogSettings> = {}): LogSettings {
  return {
    directory: join(home, 'logs'),
    beside: home,
    level: 'info',
    format: 'text',
    keepDays: 30,
    verbose: undefined,
    host: 'node1',
    always: {command: 'list', pid: 7},
    clock: () => NOON,
    ...more,
  };
}
const file = () => join(home, 'logs', 'node1-2026-11-30.log');

test('a log is not opened through a link', async () => {
  const other = join(home, 'other');
  writeFileSync(other, '');
  mkdirSync(join(home, 'logs'));
  symlinkSync(other, file());
  const log = openLog(settings());
  log.write('error', 'command.error');
  await log.end();
  expect(readFileSync(other, 'utf8')).toBe('');
});

test('lines of a level go to the file of host and day, for its owner alone; others are left out', async () => {
  const log = openLog(settings());
  log.write('info', 'command.start', {run: 'a.1'});
  log.write('debug', 'pbs.qstat');
  log.write('error', 'command.error', {code: 'NO_SUCH_RUN'});
  await log.end();
  expect(readFileSync(file(), 'utf8')).toBe(
    '2026-11-30T12:00:00.000Z info  command.start command=list pid=7 run=a.1\n' +
      '2026-11-30T12:00:00.000Z error command.error command=list pid=7 code=NO_SUCH_RUN\n',
  );
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, 'logs')).mode & 0o777).toBe(0o700);
});

test('nothing is made for a log to which nothing is written', async () => {
  await openLog(settings()).end();
  expect(readdirSync(home)).toEqual([]);
});

test('lines from before the state directory was made are written once it is there', async () => {
  const later = join(home, 'later');
  const log = openLog(settings({directory: join(later, 'logs'), beside: later}));
  log.write('info', 'command.start');
  await new Promise((resolve) => setTimeout(resolve, 50)); // winston is loaded meanwhile, or is not: both must do
  mkdirSync(later);
  log.write('info', 'command.end');
  await log.end();
  expect(
    readFileSync(join(later, 'logs', 'node1-2026-11-30.log'), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(2);
});

test('a state directory that does not exist is not made, and nothing fails', async () => {
  const log = openLog(settings({directory: join(home, 'absent', 'logs'), beside: join(home, 'absent')}));
  log.write('info', 'command.start');
  await log.end();
  expect(readdirSync(home)).toEqual([]);
});

test('what is in the way of the directory of logs fails nothing', async () => {
  writeFileSync(join(home, 'logs'), 'a file');
  const log = openLog(settings());
  log.write('info', 'command.start');
  await log.end();
  expect(readFileSync(join(home, 'logs'), 'utf8')).toBe('a file');
});

test('a new day removes files that are too old', async () => {
  mkdirSync(join(home, 'logs'));
  writeFileSync(join(home, 'logs', 'node1-2026-10-01.log'), 'old\n');
  writeFileSync(join(home, 'logs', 'node2-2026-10-01.log'), 'of another host\n');
  const log = openLog(settings({keepDays: 7}));
  log.write('info', 'command.start');
  await log.end();
  expect(readdirSync(join(home, 'logs')).sort()).toEqual(['node1-2026-11-30.log', 'node2-2026-10-01.log']);
});

test('--verbose shows every line, also before there is a state directory', async () => {
  const shown: string[] = [];
  const log = openLog(
    settings({
      directory: join(home, 'absent', 'logs'),
      beside: join(home, 'absent'),
      verbose: (text) => shown.push(text),
    }),
  );
  log.write('debug', 'pbs.qstat', {jobs: 2});
  await log.end();
  expect(shown).toEqual(['2026-11-30T12:00:00.000Z debug pbs.qstat command=list pid=7 jobs=2']);
});
