import {join} from 'node:path';
import {z} from 'zod';
import {readRecord, writeRecord} from '../../record.ts';

const kept = z.object({
  /** the primary identity of the person */
  identity: z.string(),
  /** which of their identities they proved to be */
  as: z.string(),
  at: z.number(),
  mfa: z.boolean(),
  policies: z.array(z.string()),
});
export type Login = z.output<typeof kept>;

/** When people last signed in by hand, and how. A refresh token does not sign in: it leaves this as it is. */
export interface Logins {
  note(login: Login): void;
  /** the last one of each identity of a person */
  of(identity: string): Login[];
}

/** @param root directory of the stand-in's state; `logins.json` lies in it */
export function openLogins(root: string): Logins {
  const file = join(root, 'logins.json');
  let all = readRecord(file, z.array(kept)) ?? [];
  return {
    note(login) {
      all = [...all.filter((one) => one.as !== login.as), login];
      writeRecord(file, all);
    },
    of: (identity) => all.filter((one) => one.identity === identity),
  };
}
