import {createHash} from 'node:crypto';
import {rmSync} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';
import * as z from 'zod/mini';
import {ensureDirectory} from '../disk/directories.ts';
import {createFact, namesIn} from '../disk/facts.ts';
import {type FactKind, readFact} from '../disk/read-fact.ts';
import type {StoredToken} from './token-store.ts';

/** Facts of tokens. They are learnt again: one that is damaged counts as one that is not there, or as a turn of unknown age. */
export const TURN = {
  what: 'a turn at renewing a token',
  schema: z.looseObject({by: z.string(), at: z.number()}),
} as const;
export const REFUSED_TOKEN = {
  what: 'a token that Globus refuses',
  schema: z.looseObject({why: z.string(), at: z.number()}),
} as const;

function wholeOf<T>(directory: string, name: string, kind: FactKind<T>): T | undefined {
  const read = readFact(directory, name, kind);
  return read.is === 'whole' ? read.value : undefined;
}

/** Whose turn it is to renew one generation of a token. */
export type Turn =
  /** this process's, until it releases it; a generation that was renewed is not renewed again */
  | {readonly kind: 'mine'; release(): void}
  | {readonly kind: 'theirs'; readonly by: string}
  /** Globus Auth has said that this refresh token is worth nothing any more: asking again would be a loop */
  | {readonly kind: 'refused'; readonly why: string};

/**
 * Turns at renewing, across processes and hosts. A turn is a file that can be created once (link(2), see
 * src/disk/facts.ts), named after the token that is to be renewed: no lock that a dead process could hold for ever,
 * and none that a file system must understand.
 */
export interface RefreshClaims {
  take(generation: string): Turn;
  refuse(generation: string, why: string): void;
  /** Remove the turns and refusals of other generations than this one. */
  tidy(generation: string): void;
  removeAll(): void;
}

export interface RefreshClaimsSettings {
  /** where token files lie too */
  readonly directory: string;
  /** which token: the name of its key */
  readonly name: string;
  /** after which a turn counts as that of a dead process; longer than a process may take for its requests */
  readonly staleMs: number;
  readonly now: () => number;
}

/** A name for what a token is now; it changes with every renewal, and tells nothing of the token. */
export function generationOf({accessToken, refreshToken = ''}: StoredToken): string {
  return createHash('sha256').update(`${refreshToken}\n${accessToken}`).digest('hex').slice(0, 16);
}

export function createRefreshClaims({directory, name, staleMs, now}: RefreshClaimsSettings): RefreshClaims {
  const prefix = `renewal-${name}-`;
  /** when this process first saw a turn of another one: the clocks of two hosts may differ */
  const firstSeen = new Map<string, number>();
  const nameOf = (generation: string, turn: number | 'refused') => `${prefix}${generation}-${turn}`;
  const ours = () => namesIn(directory).filter((file) => file.startsWith(prefix));

  function latest(generation: string): number {
    const turns = ours().map((file) => new RegExp(`^${prefix}${generation}-(\\d+)\\.json$`).exec(file)?.[1]);
    return Math.max(0, ...turns.map(Number).filter((turn) => Number.isInteger(turn)));
  }

  function isStale(claim: string, at: unknown): boolean {
    const seen = firstSeen.get(claim) ?? now();
    firstSeen.set(claim, seen);
    return now() - seen > staleMs || (typeof at === 'number' && now() - at > staleMs);
  }

  return {
    take(generation) {
      ensureDirectory(directory);
      const refused = wholeOf(directory, nameOf(generation, 'refused'), REFUSED_TOKEN);
      if (refused) return {kind: 'refused', why: refused.why};
      const turn = latest(generation);
      const before = turn === 0 ? undefined : wholeOf(directory, nameOf(generation, turn), TURN);
      if (turn > 0 && !isStale(nameOf(generation, turn), before?.at))
        return {kind: 'theirs', by: before?.by ?? 'another process'};
      const mine = nameOf(generation, turn + 1);
      if (!createFact(directory, mine, {by: `${hostname()}:${process.pid}`, at: now()}))
        return {kind: 'theirs', by: 'another process'};
      return {kind: 'mine', release: () => rmSync(path.join(directory, `${mine}.json`), {force: true})};
    },

    refuse: (generation, why) => void createFact(directory, nameOf(generation, 'refused'), {why, at: now()}),

    tidy(generation) {
      for (const file of ours())
        if (!file.startsWith(`${prefix}${generation}-`)) rmSync(path.join(directory, file), {force: true});
    },

    removeAll() {
      for (const file of ours()) rmSync(path.join(directory, file), {force: true});
    },
  };
}
