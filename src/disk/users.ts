import {readFileSync} from 'node:fs';
import {userInfo} from 'node:os';

// Names of users and groups, and which of them stand for no other user. Asked only where a mode or an owner is out of the ordinary.

/** `ada (uid 1001)`; the number alone where no file of this host names it. */
export function nameOfUser(uid: number): string {
  const name = linesOf('/etc/passwd').find(([, , id]) => id === String(uid))?.[0];
  return name === undefined ? `uid ${uid}` : `${name} (uid ${uid})`;
}

export function nameOfGroup(gid: number): string {
  const name = groupOf(gid)?.[0];
  return name === undefined ? String(gid) : name;
}

/** A group that only this user is in, as many systems make one for each user: it is named as the user is. */
export function isPrivateGroup(gid: number): boolean {
  const {username, gid: own} = userInfo();
  if (gid !== own) return false;
  const [name, , , members = ''] = groupOf(gid) ?? [];
  return name === username && members.split(',').every((member) => member === '' || member === username);
}

/** `nobody` of a name space of users (a container without root): an owner of the host, who has no number here. */
export function isUnmapped(uid: number): boolean {
  if (uid !== 65_534) return false;
  const [first = []] = linesOf('/proc/self/uid_map', /\s+/);
  return first.length > 0 && first.at(-1) !== '4294967295';
}

/** Groups of a directory service stand in no file: getent(1) asks wherever the host asks. */
function groupOf(gid: number): string[] | undefined {
  const here = linesOf('/etc/group').find(([, , id]) => id === String(gid));
  if (here) return here;
  const {spawnSync} = process.getBuiltinModule('node:child_process'); // which most commands do without
  const asked = spawnSync('getent', ['group', String(gid)], {encoding: 'utf8', timeout: 2_000});
  return asked.status === 0 ? asked.stdout.trim().split(':') : undefined;
}

function linesOf(file: string, separator: string | RegExp = ':'): string[][] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.trim().split(separator));
  } catch {
    return []; // another kind of system: nothing is known
  }
}
