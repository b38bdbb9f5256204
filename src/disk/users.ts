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

/** Which names of users and groups this host knows. @returns undefined where it cannot be looked up */
export interface Accounts {
  user(name: string): boolean | undefined;
  group(name: string): boolean | undefined;
}

export const ACCOUNTS_OF_HOST: Accounts = {
  user: (name) => isKnown('passwd', name),
  group: (name) => isKnown('group', name),
};

/** How getent(1) ends where its database has no such key. */
const NO_SUCH_KEY = 2;

function isKnown(database: 'passwd' | 'group', name: string): boolean | undefined {
  if (!/^[A-Za-z_][\w.-]*\$?$/.test(name)) return undefined; // a number would be looked up as an id
  if (linesOf(`/etc/${database}`).some(([known]) => known === name)) return true;
  const {status} = getent(database, name);
  if (status === 0) return true;
  return status === NO_SUCH_KEY ? false : undefined;
}

function groupOf(gid: number): string[] | undefined {
  const here = linesOf('/etc/group').find(([, , id]) => id === String(gid));
  if (here) return here;
  const asked = getent('group', String(gid));
  return asked.status === 0 ? asked.stdout.trim().split(':') : undefined;
}

/** Names of a directory service stand in no file: getent(1) asks wherever the host asks. */
function getent(database: 'passwd' | 'group', key: string) {
  const {spawnSync} = process.getBuiltinModule('node:child_process'); // which most commands do without
  return spawnSync('getent', [database, key], {encoding: 'utf8', timeout: 2_000});
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
