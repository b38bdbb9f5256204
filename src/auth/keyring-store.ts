import {EXIT, StageError} from '../errors.ts';
import {nameOfKey, readToken, type TokenKey, type TokenStore, writeToken} from './token-store.ts';

const SERVICE = 'stage-hpc';

/** The keyring was chosen, and cannot be used here. */
export class NoKeyring extends StageError {
  constructor(said: string) {
    super({
      code: 'NO_KEYRING',
      exit: EXIT.actionNeeded,
      what: 'The keyring cannot be used',
      why: `no keyring service answers in this session, or it is locked. It said: ${said}`,
      next: [
        'In a desktop session: unlock the keyring, then run the same command again.',
        'On a cluster, over ssh and in jobs there is no keyring: write "token_store: file" under transfer: in the profile, then sign in again.',
      ],
    });
  }
}

/**
 * Tokens in the keyring of the desktop session: Secret Service, macOS Keychain, Windows Credential Manager.
 *
 * On Linux the Secret Service is asked for by name. `keytar/keytar.js` of the same package names none, and then takes
 * the kernel's keyring where no service runs, which forgets everything when the machine restarts, without a message.
 */
export function createKeyringStore(of: TokenKey): TokenStore {
  const entry = async () => {
    const {AsyncEntry} = await import('keytar'); // a native library; loaded by those alone who chose it
    return new AsyncEntry(SERVICE, `${new URL(of.authUrl).host} ${nameOfKey(of)}`, {linux: {store: 'secret-service'}});
  };
  const asked = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      // Its messages name the service and what it answered, never what is kept.
      throw new NoKeyring(error instanceof Error ? error.message : 'nothing');
    }
  };
  return {
    async read() {
      const text = await asked(async () => (await entry()).getPassword());
      return text === null ? undefined : readToken(of, text);
    },
    write: (token) => asked(async () => (await entry()).setPassword(writeToken(of, token))),
    remove: () => asked(async () => (await entry()).deletePassword()),
  };
}
