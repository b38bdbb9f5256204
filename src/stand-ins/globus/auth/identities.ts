import {createHash, randomBytes, randomUUID, timingSafeEqual} from 'node:crypto';
import {userInfo} from 'node:os';
import {join} from 'node:path';
import {z} from 'zod';
import {readRecord, writeRecord} from '../../record.ts';

const clientSchema = z.object({id: z.string(), secret: z.string(), name: z.string()});
type Client = z.output<typeof clientSchema>;

const fileSchema = z.object({
  /** the client that `credentials()` hands out, in clear: it must be told again after a restart */
  own: clientSchema,
  user: z.object({id: z.string(), username: z.string(), name: z.string()}),
  /** further people, and further identities of the first one */
  others: z.array(z.object({id: z.string(), username: z.string(), name: z.string(), linked: z.boolean()})).default([]),
  /** clients that programs registered; only hashes of their secrets */
  registered: z.array(z.object({id: z.string(), secretHash: z.string(), name: z.string()})),
});

export interface Identity {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly email: string | null;
}

/** Who exists here: the person at this machine, people who were added, one confidential client, and clients that programs register. */
export interface Identities {
  readonly own: Client;
  readonly user: Identity;
  /** everybody who can sign in on a page, the person at this machine first */
  people(): Identity[];
  /** An identity and those linked to it, the primary one first. */
  setOf(id: string): Identity[];
  /**
   * @param linked another identity of the person at this machine; else another person
   * @throws {RangeError} when the user name is taken, or is none
   */
  addPerson(username: string, linked: boolean): Identity;
  /** Whether they may manage the collections here: the person at this machine and the stand-in's own client. */
  isManager(id: string): boolean;
  /**
   * Whether they may use the collections here: people who sign in on the page, and the stand-in's own client. A client that
   * registers itself is anybody on this machine.
   */
  isMember(id: string): boolean;
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
  const kept = readRecord(file, fileSchema) ?? {
    own: {id: randomUUID(), secret: newSecret(), name: 'stage local client'},
    user: {id: randomUUID(), username: `${userInfo().username}@stage.local`, name: userInfo().username},
    others: [],
    registered: [],
  };
  const save = () => writeRecord(file, kept);
  save();
  const user: Identity = {...kept.user, email: kept.user.username};
  const clients = (): {id: string; name: string}[] => [kept.own, ...kept.registered];
  const asIdentity = (client: {id: string; name: string}): Identity => ({
    id: client.id,
    username: `${client.id}@clients.auth.globus.org`,
    name: client.name,
    email: null,
  });
  const asPerson = (one: {id: string; username: string; name: string}): Identity => ({...one, email: one.username});
  const people = () => [user, ...kept.others.map(({id, username, name}) => asPerson({id, username, name}))];
  const everybody = () => [...people(), ...clients().map(asIdentity)];
  const isLinked = (id: string) => kept.others.some((one) => one.id === id && one.linked);
  return {
    own: kept.own,
    user,
    people,
    setOf(id) {
      if (id !== user.id && !isLinked(id)) return everybody().filter((one) => one.id === id);
      return people().filter((one) => one.id === user.id || isLinked(one.id));
    },
    addPerson(username, linked) {
      if (!/^[^@\s]+@[^@\s]+$/.test(username)) throw new RangeError(`"${username}" is not of the form name@domain`);
      const wanted = username.toLowerCase();
      if (everybody().some((one) => one.username === wanted)) throw new RangeError(`"${wanted}" exists already`);
      const added = {id: randomUUID(), username: wanted, name: wanted.split('@')[0] ?? wanted};
      kept.others.push({...added, linked});
      save();
      return asPerson(added);
    },
    isManager: (id) => id === user.id || isLinked(id) || id === kept.own.id,
    isMember: (id) => id === kept.own.id || people().some((one) => one.id === id),
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
