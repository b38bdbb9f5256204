import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openWorld, type World} from '../stand-ins/globus/support.ts';
import {CLI, cleanEnvironment, runProgram} from '../support/cli.ts';
import {CLIENT, type SignInDesk, signInDesk} from './support/desk.ts';
import {copyCode} from './support/person.ts';

// Real processes: a keyring service and its bus are processes.

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.remove());

const desk = () => signInDesk(world.globus.url, [`client_id: ${CLIENT}`, 'token_store: keyring']);

test('where no keyring service runs, it is said so, and what to do instead', async () => {
  const me = desk();
  me.env = {...me.env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent', XDG_RUNTIME_DIR: '/nonexistent'};
  for (const command of [['whoami'], ['logout']]) {
    const turn = await me.stage(...command, '--json');
    expect(turn.exitCode).toBe(3);
    const {error} = turn.json<{error: {code: string; next: string[]}}>();
    expect(error.code).toBe('NO_KEYRING');
    expect(error.next.join(' ')).toContain('token_store: file');
  }
});

const has = (tool: string) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
// Debian: apt-get install gnome-keyring dbus
const service = has('gnome-keyring-daemon') && has('dbus-run-session');

/** Run a shell line in a session of its own, with an unlocked keyring. */
async function inSession(me: SignInDesk, line: string) {
  const data = join(me.directory, 'data');
  mkdirSync(data, {recursive: true});
  const env = cleanEnvironment({...me.env, DBUS_SESSION_BUS_ADDRESS: ''});
  const unlock = 'printf password | gnome-keyring-daemon --unlock --components=secrets > /dev/null';
  return runProgram('dbus-run-session', ['--', 'sh', '-c', `${unlock}\n${line}`], {
    env: {...env, XDG_DATA_HOME: data, XDG_RUNTIME_DIR: data},
  });
}

/** The sign-in page's address from stderr, followed; the code goes back through a named pipe. */
const LOGIN = (me: SignInDesk) =>
  `mkfifo ${me.directory}/code; (${CLI} login < ${me.directory}/code > ${me.directory}/login.out 2> ${me.directory}/page) &
exec 3> ${me.directory}/code`;

test.skipIf(!service)(
  'with a keyring service, tokens lie in the keyring and nowhere else, until a person signs out',
  async () => {
    const me = desk();
    const page = join(me.directory, 'page');
    const talk = (async () => {
      for (let left = 300; left > 0; left--) {
        const address = existsSync(page) ? /^(https?:\S+)$/m.exec(readFileSync(page, 'utf8'))?.[1] : undefined;
        if (address) return copyCode(address);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return undefined;
    })().then((code) => me.secretFile('answer', `${code}\n`));
    const done = await inSession(
      me,
      `${LOGIN(me)}
for i in $(seq 300); do [ -s ${me.directory}/answer ] && break; sleep 0.05; done
cat ${me.directory}/answer >&3; exec 3>&-; wait
${CLI} whoami --json
${CLI} logout --json
${CLI} whoami --json`,
    );
    await talk;
    const [whoami, logout, after] = done.stdout
      .trim()
      .split(/\n(?=\{)/)
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(readFileSync(join(me.directory, 'login.out'), 'utf8')).toContain('kept in the keyring of this session');
    expect(whoami).toMatchObject({tokens: 'keyring', signedInBy: 'native-app', exit: 0});
    expect(logout).toMatchObject({withdrawn: 4, removed: true});
    expect(after).toMatchObject({error: {code: 'SIGN_IN_NEEDED'}});
    expect(me.kept().filter((file) => file.startsWith('token-'))).toEqual([]);
    expect(readdirSync(join(me.directory, 'data'), {recursive: true}).join(' ')).toContain('keyring');
  },
);
