import * as z from 'zod/mini';
import {ACT_FACTS} from './act-facts.ts';
import {DECISION_FACTS} from './decision-facts.ts';
import {cause, text, time, yes} from './fields.ts';
import {JOB_OF_STEP_FACTS} from './job-of-step-facts.ts';
import {MARKER_FACTS} from './marker-facts.ts';
import {kind, type RunFactKind} from './run-fact-kind.ts';
import {TRANSFER_FACTS} from './transfer-facts.ts';

// What each kind of fact must hold to be believed. A new kind has its schema in this folder, and its line in
// docs/formats/ledger.md: without it, it is neither written (`requireKind`) nor read. Each says whose it is (`run`): one that
// was copied from another run is not believed (read-fact.ts, `FactOwner`); those of older versions do not say it. A field
// that came later than its kind is optional, so that old state directories stay readable; fields that nothing is concluded
// from need not be there. A change that an older version must not misread raises the `format` that the fact says, and the one
// of its kind.

/** The facts of a run's directory `facts/`, by what is left of a name without step, attempt, index, numbers and role. */
export const RUN_FACTS = {
  ...TRANSFER_FACTS,
  ...JOB_OF_STEP_FACTS,
  ...MARKER_FACTS,
  ...ACT_FACTS,
  outcome: kind(
    'how an attempt ended',
    z.looseObject({
      at: time,
      state: z.enum(['succeeded', 'failed', 'cancelled', 'skipped', 'lost']),
      why: text,
      bytes: z.optional(time),
      files: z.optional(time),
      skippedErrors: z.optional(time),
      exitStatus: z.optional(time),
      final: yes,
      cause,
      unpermitted: yes,
    }),
    {moved: 'the attempt is judged again by its markers, PBS and Globus'},
  ),
  ...DECISION_FACTS,
} as const satisfies Readonly<Record<string, RunFactKind>>;

export type RunFactName = keyof typeof RUN_FACTS;

/** Which kind of fact a name in `facts/` stands for. Pure. @returns undefined when it is none that this version knows */
export function nameOfKind(name: string): RunFactName | undefined {
  const ofAttempt = /^[^.]+\.[1-9][0-9]*\.(?:i[0-9]+\.)?(.+)$/.exec(name)?.[1];
  const general = (name.startsWith('decision.') ? name : (ofAttempt ?? ''))
    .replace(/^(?:job|launcher|sentinel|wait)(?:-[0-9]+)?\./, 'job.')
    .replace(/[-.][0-9]+(?=\.|$)/g, '');
  return Object.hasOwn(RUN_FACTS, general) ? (general as RunFactName) : undefined; // seen just now
}

/** @throws {RangeError} for a fact that no reader would believe */
export function requireKind(name: string): RunFactKind {
  const known = nameOfKind(name);
  if (!known) throw new RangeError(`the fact ${name} has no schema in src/ledger/fact-schemas`);
  return RUN_FACTS[known];
}
