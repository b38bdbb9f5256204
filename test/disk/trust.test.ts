import {chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {isClosed, NotTrusted, requireTrusted, untrustedAt, untrustedIn, untrustedOwn} from '../../src/disk/trust.ts';
import {isPrivateGroup, nameOfUser} from '../../src/disk/users.ts';

/** Nobody of this host, and no group of this user. */
const STRANGER = 54_321;
const isRoot = process.getuid?.() === 0;

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'stage-trust-'));
});
afterEach(() => rmSync(top, {recursive: true, force: true}));

function directory(name: string, mode = 0o700): string {
  const path = join(top, name);
  mkdirSync(path);
  chmodSync(path, mode); // past the umask
  return path;
}

const pathsAt = (path: string, own = true) => untrustedAt([{path, own}]).map((one) => one.path);

test('what is below a directory with the sticky bit is trusted, such as one in /tmp', () => {
  directory('mine');
  chmodSync(top, 0o1777);
  expect(pathsAt(join(top, 'mine'))).toEqual([]);
  expect(pathsAt(join(top, 'mine', 'not', 'made', 'yet'))).toEqual([]);
});

test.each([
  [0o770, 'the group'],
  [0o777, 'everybody'],
  [0o702, 'everybody'],
])('one of mode %o, in which others may write, is named with its owner, its mode and what repairs it', (mode, who) => {
  const path = directory('open', mode);
  const found = untrustedAt([{path, own: true}]);
  expect(() => requireTrusted(found)).toThrow(NotTrusted);
  const error = new NotTrusted(found);
  expect(error).toMatchObject({code: 'NOT_TRUSTED', exit: 2, message: `${path} can be changed by others`});
  expect(error.why).toContain(`it belongs to you, mode 0${mode.toString(8)}: ${who}`);
  expect(error.next[0]).toBe(`chmod go-w ${path}`);
});

test('a directory above, in which others may rename, is refused: they could put another one in its place', () => {
  const above = directory('above', 0o777);
  mkdirSync(join(above, 'state'), {mode: 0o700});
  expect(pathsAt(join(above, 'state'))).toEqual([above]);
  chmodSync(above, 0o1777);
  expect(pathsAt(join(above, 'state'))).toEqual([]);
});

test('all that is found is told at once, with one command', () => {
  const paths = [directory('one', 0o770), directory('two', 0o777)];
  const error = new NotTrusted(paths.flatMap((path) => untrustedOwn(path)));
  expect(error.next[0]).toBe(`chmod go-w ${paths.join(' ')}`);
  expect(error.details).toEqual([expect.stringContaining(`${paths[1]}: it belongs to you, mode 0777`)]);
});

test('links are followed, and what they pass through counts', () => {
  const open = directory('open', 0o777);
  mkdirSync(join(open, 'state'), {mode: 0o700});
  symlinkSync(join(open, 'state'), join(top, 'link'));
  expect(pathsAt(join(top, 'link'))).toEqual([open]);
  symlinkSync('loop', join(top, 'loop'));
  expect(pathsAt(join(top, 'loop'))).toEqual([]); // nothing can be opened by it
});

test('a link in the place of what stage makes itself is refused', () => {
  symlinkSync('/etc/hostname', join(top, 'compute.script'));
  expect(untrustedOwn(join(top, 'compute.script'))).toMatchObject([{why: expect.stringContaining('symbolic link')}]);
  expect(untrustedOwn(join(top, 'absent'))).toEqual([]);
});

test('files are looked at where others come to them, and only there', () => {
  const facts = directory('facts', 0o755);
  writeFileSync(join(facts, 'spec.json'), '{}');
  chmodSync(join(facts, 'spec.json'), 0o664);
  expect(untrustedIn(facts, false).map(({path}) => path)).toEqual([join(facts, 'spec.json')]);
  expect(untrustedIn(facts, true)).toEqual([]);
  chmodSync(facts, 0o700);
  expect([isClosed(facts), untrustedIn(facts, false)]).toEqual([true, []]);
});

test.runIf(isRoot)('what belongs to another user is refused, with the name of its owner', () => {
  const path = directory('theirs', 0o755);
  chownSync(path, STRANGER, STRANGER);
  const error = new NotTrusted(untrustedAt([{path, own: true}]));
  expect(error.why).toContain(`it belongs to uid ${STRANGER}, mode 0755`);
  expect(error.next).toEqual([expect.stringContaining('STAGE_HOME')]);
  chmodSync(path, 0o1777); // its owner may rename in it, whatever the sticky bit says
  expect(pathsAt(join(path, 'state'))).toEqual([path]);
});

test.runIf(isRoot)('a link of another user is refused, wherever it points', () => {
  directory('state');
  symlinkSync(join(top, 'state'), join(top, 'link'));
  const {lchownSync} = process.getBuiltinModule('node:fs');
  lchownSync(join(top, 'link'), STRANGER, STRANGER);
  expect(pathsAt(join(top, 'link'))).toEqual([join(top, 'link')]);
});

test.runIf(isRoot)('above the state a group may write that only this user is in, and no other', () => {
  const above = directory('above', 0o775);
  mkdirSync(join(above, 'state'), {mode: 0o700});
  const own = isPrivateGroup(userInfo().gid) ? [] : [above];
  expect(pathsAt(join(above, 'state'))).toEqual(own);
  chownSync(above, 0, STRANGER);
  expect(pathsAt(join(above, 'state'))).toEqual([above]);
});

test('users are named where the host knows them', () => {
  expect(nameOfUser(0)).toBe('root (uid 0)');
  expect(nameOfUser(STRANGER)).toBe(`uid ${STRANGER}`);
});
