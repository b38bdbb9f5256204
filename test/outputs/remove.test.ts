import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {Found} from '../../src/outputs/area-facts.ts';
import {lookAtPath} from '../../src/outputs/look-at.ts';
import {removeFound} from '../../src/outputs/remove.ts';
import {createRunCommand, type RunCommand} from '../../src/process/run-command.ts';

const run = createRunCommand();
const place = () => realpathSync(mkdtempSync(join(tmpdir(), 'outputs-')));

async function seenAt(path: string): Promise<Found> {
  const seen = await lookAtPath(run, path);
  if (seen.is !== 'there') throw new Error(`${path} is ${seen.is}`);
  return seen;
}

/** A directory with files in directories, a name that is no text, and links to what lies beside it. */
function tree(root: string, name = 'out') {
  mkdirSync(join(root, name, 'a', 'b'), {recursive: true});
  mkdirSync(join(root, 'beside'), {recursive: true});
  writeFileSync(join(root, 'beside', 'kept'), 'kept');
  writeFileSync(join(root, name, 'one'), 'x');
  writeFileSync(Buffer.concat([Buffer.from(`${join(root, name, 'a')}/`), Buffer.from([0xff, 0xfe])]), 'xx');
  writeFileSync(join(root, name, 'a', 'b', 'two'), 'xxx');
  symlinkSync(join(root, 'beside'), join(root, name, 'a', 'link'));
  symlinkSync('/nowhere', join(root, name, 'dangling'));
  return join(root, name);
}

test('a directory goes with all that is in it, and what its links point to stays', async () => {
  const root = place();
  const out = tree(root);
  const removed = removeFound(await seenAt(`${out}/`), true);
  expect(removed).toMatchObject({is: 'removed', files: 5});
  expect(existsSync(out)).toBe(false);
  expect(readFileSync(join(root, 'beside', 'kept'), 'utf8')).toBe('kept');
  expect(removeFound(await seenAt(join(root, 'beside', 'kept')), true)).toEqual({is: 'removed', files: 1, bytes: 4});
});

test('what has come to its name since is not touched, of whatever kind it is', async () => {
  const root = place();
  const found = await seenAt(tree(root));
  renameSync(found.real, join(root, 'moved'));
  expect(removeFound(found, true)).toEqual({is: 'absent'});
  mkdirSync(found.real);
  expect(removeFound(found, true)).toMatchObject({
    is: 'refused',
    why: expect.stringMatching(/something else has its name/),
  });
  renameSync(found.real, join(root, 'other'));
  symlinkSync(join(root, 'moved'), found.real);
  expect(removeFound(found, true)).toMatchObject({is: 'refused'});
  expect(existsSync(join(root, 'moved', 'a', 'b', 'two'))).toBe(true);
});

test('a link that stands on the way since is not followed', async () => {
  const root = place();
  mkdirSync(join(root, 'scratch'));
  const found = await seenAt(tree(join(root, 'scratch')));
  renameSync(join(root, 'scratch'), join(root, 'elsewhere'));
  symlinkSync(join(root, 'elsewhere'), join(root, 'scratch'));
  expect(removeFound(found, true)).toMatchObject({
    is: 'refused',
    why: expect.stringMatching(/a symbolic link is in the place of the directory/),
  });
  expect(existsSync(join(root, 'elsewhere', 'out', 'one'))).toBe(true);
});

test('a path that leads through a link is recorded as where it leads, and removed there', async () => {
  const root = place();
  tree(root);
  symlinkSync(root, join(root, 'link'));
  const found = await seenAt(join(root, 'link', 'out'));
  expect(found).toMatchObject({path: join(root, 'link', 'out'), real: join(root, 'out')});
  expect(removeFound(found, true)).toMatchObject({is: 'removed'});
});

test('another device counts where this host saw it, since each host numbers devices for itself', async () => {
  const found = {...(await seenAt(tree(place()))), device: '1'};
  expect(removeFound(found, true).is).toBe('refused');
  expect(removeFound(found, false).is).toBe('removed');
});

test('what is of another user stays', async () => {
  const found = await seenAt(tree(place()));
  expect(removeFound({...found, owner: found.owner + 1}, true)).toMatchObject({
    is: 'refused',
    why: expect.stringMatching(/another user/),
  });
});

test.skipIf(process.getuid?.() === 0)(
  'a directory that cannot be emptied says so, and what is left can be removed later',
  async () => {
    const out = tree(place());
    const found = await seenAt(out);
    chmodSync(join(out, 'a'), 0o500);
    expect(() => removeFound(found, true)).toThrow(/EACCES/);
    chmodSync(join(out, 'a'), 0o700);
    expect(removeFound(found, true).is).toBe('removed');
  },
);

test('only an answer that it is not there, from the directory above, is proof that it is gone', async () => {
  const root = place();
  expect(await lookAtPath(run, join(root, 'none'))).toEqual({is: 'absent'});
  expect((await lookAtPath(run, join(root, 'none', 'below'))).is).toBe('unknown');
  writeFileSync(join(root, 'file'), '');
  expect((await lookAtPath(run, join(root, 'file', 'below'))).is).toBe('unknown');
  symlinkSync('/tmp', join(root, 'link'));
  expect(await lookAtPath(run, join(root, 'link'))).toEqual({is: 'unknown', why: 'it is a symbolic link'});
});

test('a file system that does not answer is waited for a moment, and proves nothing', async () => {
  const slow: RunCommand = (command, _argv, options) =>
    run('sleep', ['60'], {...options, timeoutMs: 50, asked: command});
  expect(await lookAtPath(slow, '/scratch/out')).toEqual({
    is: 'unknown',
    why: 'its file system did not answer in time',
  });
});
