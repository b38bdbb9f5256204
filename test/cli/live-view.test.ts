import {EventEmitter} from 'node:events';
import xterm from '@xterm/headless';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {viewRun} from '../../src/app/shared/run-view.ts';
import {createLiveView, type LiveView} from '../../src/cli/live-view.ts';
import {styleOf} from '../../src/cli/style.ts';
import {standingOf} from '../../src/standing/standing-of.ts';
import {ARun, HELD, jobStep, SETTINGS, task, transferStep} from '../support/a-run.ts';

/** What a person has before them: a terminal that wraps again what it shows when it is resized, as most do. */
class Screen extends EventEmitter {
  readonly isTTY = true;
  readonly terminal = new xterm.Terminal({cols: 80, rows: 20, allowProposedApi: true, convertEol: true});

  get columns(): number {
    return this.terminal.cols;
  }

  get rows(): number {
    return this.terminal.rows;
  }

  write(text: string): boolean {
    this.terminal.write(text);
    return true;
  }

  async resize(columns: number, rows = this.rows): Promise<void> {
    await this.written();
    this.terminal.resize(columns, rows);
    this.emit('resize');
  }

  private written(): Promise<void> {
    return new Promise((resolve) => this.terminal.write('', resolve));
  }

  /** every line with something on it, those that have scrolled away, too */
  async lines(): Promise<string[]> {
    await this.written();
    const {active} = this.terminal.buffer;
    const all = Array.from({length: active.length}, (_, at) => active.getLine(at)?.translateToString(true) ?? '');
    return all.filter((line) => line !== '');
  }
}

const LISTED = {files: 40, directories: 1, bytes: 40_000_000, sizes: {7: [40, 40_000_000]}, cut: false, listedAt: 0};

function runAt(files: number) {
  const seen = task('active', {
    files: 40,
    filesTransferred: files,
    bytesTransferred: files * 1_000_000,
    rate: 3_000_000,
  });
  const run = new ARun([transferStep('stage-in'), jobStep('compute', {needs: ['stage-in']})])
    .task('stage-in', 't', seen)
    .fact('stage-in.1.transfer.source', LISTED)
    .job('compute.1.job', '7.pbs', HELD, {hold: true});
  return viewRun(standingOf({run: run.state, seen: run.seen(), settings: SETTINGS}));
}

let screen: Screen;
let live: LiveView;
beforeEach(async () => {
  screen = new Screen();
  const stream = screen as unknown as NodeJS.WriteStream; // a live view writes, and asks for the size
  live = await createLiveView(stream, () => styleOf(stream, {}, {NO_COLOR: '1'}));
});
afterEach(() => screen.terminal.dispose());

const heads = (lines: readonly string[]) => lines.filter((line) => line.includes('r.1  active'));

test('each look takes the place of the one before', async () => {
  live.show(runAt(10));
  live.show(runAt(20));
  const lines = await screen.lines();
  expect(heads(lines)).toHaveLength(1);
  expect(lines.join('\n')).toMatch(/50 %, 20 MB of 40 MB/);
  expect(lines.join('\n')).not.toMatch(/25 %/);
});

test.each([[50], [40], [120]])(
  'a terminal that is made %d columns wide shows one picture, laid out for it',
  async (width) => {
    live.show(runAt(10));
    await screen.resize(width);
    const lines = await screen.lines();
    expect(heads(lines.map((line) => line.replace(/^│ +since.*/, '')))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('compute'))).toHaveLength(1);
    live.show(runAt(20));
    expect(heads(await screen.lines())).toHaveLength(1);
  },
);

test('a terminal with few lines is not scrolled', async () => {
  await screen.resize(80, 4);
  for (const files of [10, 20, 30]) live.show(runAt(files));
  const lines = await screen.lines();
  expect([heads(lines).length, lines.length <= 4]).toEqual([1, true]);
});

test('when it ends nothing of it is left, and a resize draws nothing more', async () => {
  live.show(runAt(10));
  live.end();
  await screen.resize(60);
  expect(await screen.lines()).toEqual([]);
});

test('where there is no terminal each change is a line, and each tenth of a transfer', async () => {
  const written: string[] = [];
  const stream = {isTTY: false, write: (text: string) => written.push(text)} as unknown as NodeJS.WriteStream; // all it uses
  const lines = await createLiveView(stream, () => ({colour: false}));
  for (const files of [10, 11, 20]) lines.show(runAt(files));
  expect(written.map((line) => line.slice('2026-11-30 13:41:32 '.length).trim())).toEqual([
    expect.stringMatching(/^stage-in: transferring, 25 %, 10 MB of 40 MB \(10 of 40 files\), 3\.0 MB\/s/),
    'compute: held, waits for stage-in',
    expect.stringMatching(/^stage-in: transferring, 50 %/),
  ]);
});
