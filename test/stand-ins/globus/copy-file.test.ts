import {createHash, randomBytes} from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type CopyPace, copyFile, openSource} from '../../../src/stand-ins/globus/copy/copy-file.ts';
import {openWorld, transferDocument} from './support.ts';

let directory: string;
let source: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stage-copy-'));
});
afterEach(() => {
  closeSync(source);
  rmSync(directory, {recursive: true});
});

const CONTENT = randomBytes(2_500_000);
const place = (name: string) => join(directory, name);

/** Copy the content of a file; whoever watches may meddle whenever bytes have been written. */
function copy(content: Buffer, onMoved: (bytes: number) => void = () => undefined): ReturnType<typeof copyFile> {
  writeFileSync(place('from'), content);
  source = openSource(place('from'));
  const pace: CopyPace = {
    signal: new AbortController().signal,
    pass: () => undefined,
    take: () => undefined,
    stepBytes: () => 1_000_000,
    moved: onMoved,
    checksummed: () => undefined,
  };
  const destination = {directory, side: 'destination'} as const;
  const wanted = {destination, to: place('to'), temporary: 'part', sourcePath: '/from'};
  const how = {destinationPath: '/to', verify: true, preserveTimestamp: false, algorithm: 'MD5'};
  return copyFile(source, fstatSync(source), {...wanted, ...how}, pace);
}

test.each([0, 1, 1_048_576, 1_048_577, 2_500_000])(
  '%i bytes arrive whole, with the checksum of the source',
  async (size) => {
    const content = CONTENT.subarray(0, size);
    const checksum = createHash('md5').update(content).digest('hex');
    expect(await copy(content)).toEqual({size, checksum});
    expect(readFileSync(place('to')).equals(content)).toBe(true);
    expect(existsSync(place('part'))).toBe(false);
  },
);

/** Once all bytes are written, before they are looked at again. */
const atTheEnd = (act: () => void) => {
  let all = 0;
  return (bytes: number) => {
    all += bytes;
    if (all === CONTENT.length) act();
  };
};

test.each([
  ['one byte differs', () => write('part', Buffer.of((CONTENT[2_400_000] ?? 0) ^ 1), 2_400_000)],
  ['it is shorter', () => truncateSync(place('part'), 2_000_000)],
  ['it is longer', () => write('part', Buffer.of(0), CONTENT.length)],
])('where %s than what was read, the file does not get its name, and nothing is left', async (_what, meddle) => {
  await expect(copy(CONTENT, atTheEnd(meddle))).rejects.toMatchObject({code: 'VERIFY_CHECKSUM', side: 'destination'});
  expect([existsSync(place('to')), existsSync(place('part'))]).toEqual([false, false]);
});

function write(name: string, bytes: Buffer, at: number): void {
  const file = openSync(place(name), 'r+');
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

test('a link named as such arrives as a link', async () => {
  source = openSync(place('.'), 'r');
  const world = await openWorld();
  try {
    world.put('f', 'x');
    symlinkSync('f', join(world.source.directory, 'link'));
    const item = {DATA_TYPE: 'transfer_symlink_item', source_path: '/link', destination_path: '/made/link'};
    const answer = await world.call(
      'POST',
      '/transfer',
      transferDocument(world, {from: '/f', to: '/f'}, {DATA: [item]}),
    );
    expect(await world.ended(String(answer.body.task_id))).toMatchObject({status: 'SUCCEEDED', symlinks: 1});
    const made = join(world.destination.directory, 'made', 'link');
    expect(lstatSync(made).isSymbolicLink()).toBe(true);
    expect(readlinkSync(made)).toBe('f');
  } finally {
    await world.remove();
  }
});
