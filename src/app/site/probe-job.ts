import {readFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {join} from 'node:path';
import * as z from 'zod/mini';
import type {Environment} from '../../base/environment.ts';
import {mistakeInProxy} from '../../base/proxy-address.ts';
import {createFact} from '../../disk/facts.ts';
import {readFact} from '../../disk/read-fact.ts';
import {ofTheSystem} from '../../disk/system-error.ts';
import {StageError} from '../../errors.ts';
import {GLOBUS_VARIABLES} from '../../ledger/globus-variables.ts';
import type {SignInStage} from '../../wiring/stage.ts';

// What the probe job and the command that waits for it tell each other, in files of the probe's directory.

const told = z.looseObject({
  host: z.string(),
  /** what decides about Globus in the job's environment; of proxies no more than their address */
  variables: z.record(z.string(), z.string()),
  error: z.optional(
    z.looseObject({
      code: z.string(),
      exit: z.number(),
      what: z.string(),
      why: z.optional(z.string()),
      next: z.array(z.string()),
    }),
  ),
});

/** What a job met at Globus, with the environment that a monitor has. */
export type ProbeAnswer = z.infer<typeof told>;

const FROM_JOB = {what: 'a file of the probe job', schema: z.looseObject({host: z.string()})} as const;
const AT_GLOBUS = {what: 'what the probe job met at Globus', schema: told} as const;
const ENDED = {what: 'the end of the probe job', schema: z.looseObject({exit: z.number()})} as const;

/** In the job: sign in as a monitor would, ask Globus for a submission id, and leave word of it. */
export async function probeFromJob(stage: SignInStage, directory: string): Promise<ProbeAnswer> {
  const error = await askGlobus(stage);
  const answer = {host: hostname(), variables: globusSurroundings(process.env), ...(error && {error})};
  createFact(directory, 'globus', answer);
  return answer;
}

async function askGlobus(stage: SignInStage): Promise<ProbeAnswer['error']> {
  try {
    const {transfers} = await stage.engine();
    await transfers.newSubmissionId();
    return undefined;
  } catch (error) {
    const known = error instanceof StageError ? error : ofTheSystem(error);
    if (!known) throw error;
    const {code, exit, message: what, why, next} = known;
    return {code, exit, what, why, next: [...next]};
  }
}

/** What the job has left behind by now. */
export function readProbe(directory: string): {
  readonly host?: string | undefined;
  readonly globus?: ProbeAnswer | undefined;
  /** how the command in it ended, and what it said last */
  readonly ended?: {readonly exit: number; readonly said: string} | undefined;
} {
  const host = readFact(directory, 'from-job', FROM_JOB);
  const globus = readFact(directory, 'globus', AT_GLOBUS);
  const ended = readFact(directory, 'ended', ENDED);
  return {
    host: host.is === 'whole' ? host.value.host : undefined,
    globus: globus.is === 'whole' ? globus.value : undefined,
    ended: ended.is === 'whole' ? {exit: ended.value.exit, said: lastLine(directory)} : undefined,
  };
}

function lastLine(directory: string): string {
  try {
    return readFileSync(join(directory, 'said.txt'), 'utf8').trim().split('\n').at(-1)?.slice(0, 300) ?? '';
  } catch {
    return '';
  }
}

const PROXIES = ['https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'] as const;

/** What of an environment decides how Globus is reached, and with which sign-in. No secret: a proxy's password is left out. Pure. */
export function globusSurroundings(env: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ['HOME', ...GLOBUS_VARIABLES, ...PROXIES].flatMap((name) => {
      const value = env[name];
      return value ? [[name, /^https_proxy$/i.test(name) ? withoutUser(value) : value]] : [];
    }),
  );
}

/** Where a value is no address, it is not known what of it is a password. */
function withoutUser(proxy: string): string {
  if (mistakeInProxy(proxy.trim()) !== undefined) return 'no address of a proxy';
  return proxy.replace(/^([^/]*:\/\/)?.*@/, '$1');
}
