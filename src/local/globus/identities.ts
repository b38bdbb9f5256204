import {createHash, randomBytes, randomUUID, timingSafeEqual} from 'node:crypto';
import {userInfo} from 'node:os';
import {join} from 'node:path';
import {z} from 'zod';
import {readJsonFile, writeJsonFile} from './atomic-file.ts';

const clientSchema = z.object({id: z.string(), secret: z.string(), name: z.string()});
type Client = z.output<typeof clientSchema>;

const fileSchema = z.object({
  /** the client that `credentials()` hands out, in clear: it must be told again after a restart */
  own: clientSchema,
  user: z.object({id: z.string(), username: z.string(), name: z.string()}),
  /** clients that programs registered; only hashes of their secrets */
  registered: z.array(z.object({id: z.string(), secretHash: z.string(), name: z.string()})),
});

export interface Identity {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly email: string | null;
}

/** Who exists here: the person at this machine, one confidential client, and clients that programs register. */
export interface Identities {
  readonly own: Client;
  readonly user: Identity;
  get(id: string): Identity | undefined;
  byUsername(username: string): Identity | undefined;
  /** @returns whether the secret is that client's */
  isClient(id: string, secret: string): boolean;
  isConfidential(id: string): boolean;
  register(name: string): Client;
}

/** @param root directory of the stand-in's state; `identities.json` lies in it, mode 0600 */
export function openIdentities(root: string): Identities {
  const file = join(root, 'identities.json');
  const kept = fileSchema.safeParse(readJsonFile(file)).data ?? {
    own: {id: randomUUID(), secret: newSecret(), name: 'stage local client'},
    user: {id: randomUUID(), username: `${userInfo().username}@stage.local`, name: userInfo().username},
    registered: [],
  };
  const save = () => writeJsonFile(file, kept);
  save();
  const user = {...kept.user, email: kept.user.username};
  const clients = (): {id: string; name: string}[] => [kept.own, ...kept.registered];
  const asIdentity = (client: {id: string; name: string}): Identity => ({
    id: client.id,
    username: `${client.id}@clients.auth.globus.org`,
    name: client.name,
    email: null,
  });
  const everybody = () => [user, ...clients().map(asIdentity)];
  return {
    own: kept.own,
    user,
    get: (id) => everybody().find((one) => one.id === id.toLowerCase()),
    byUsername: (username) => everybody().find((one) => one.username === username.toLowerCase()),
    isClient(id, secret) {
      if (id === kept.own.id) return sameText(hashOf(secret), hashOf(kept.own.secret));
      const client = kept.registered.find((one) => one.id === id);
      return client !== undefined && sameText(hashOf(secret), client.secretHash);
    },
    isConfidential: (id) => clients().some((one) => one.id === id),
    register(name) {
      const client = {id: randomUUID(), secret: newSecret(), name};
      kept.registered.push({id: client.id, name, secretHash: hashOf(client.secret)});
      save();
      return client;
    },
  };
}

const newSecret = (): string => randomBytes(32).toString('base64url');
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');
const sameText = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

/** The deprecated `username` of a task document: `u_` and the identity in base 32. */
export function legacyUsername(identity: string): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  const bits = [...Buffer.from(identity.replaceAll('-', ''), 'hex')].map((byte) => byte.toString(2).padStart(8, '0'));
  const groups = bits.join('').match(/.{1,5}/g) ?? [];
  return `u_${groups.map((group) => alphabet[Number.parseInt(group.padEnd(5, '0'), 2)]).join('')}`;
}
