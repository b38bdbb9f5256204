import type {JobId} from '../../base/job-id.ts';
import type {JobIntent, JobRecord, JobRole, Refusal} from '../run-facts.ts';
import {type AttemptFacts, foldAbsence, numbersOf} from './attempt-facts.ts';

const ROLES: readonly JobRole[] = ['job', 'launcher', 'sentinel', 'wait'];

/** The jobs of an attempt in each role, in the order of their submission. @param prefix key of the attempt */
export function foldJobs(prefix: string, facts: AttemptFacts): JobRecord[] {
  const holds = [...facts.keys()].filter((name) => name.includes('.hold-'));
  return ROLES.flatMap((role) => {
    const records: JobRecord[] = [];
    for (let serial = 1; ; serial++) {
      const name = serial === 1 ? role : `${role}-${serial}`;
      const record = foldJob(prefix, role, serial, name, facts, holds);
      if (!record) return records;
      records.push(record);
    }
  });
}

function foldJob(
  prefix: string,
  role: JobRole,
  serial: number,
  name: string,
  facts: AttemptFacts,
  holds: readonly string[],
): JobRecord | undefined {
  const intent = facts.get(`${name}.intent`) as JobIntent | undefined;
  if (!intent) return undefined;
  const confirmed = facts.get(`${name}.confirmed`) as {job: JobId; at: number} | undefined;
  const refused = facts.get(`${name}.refused`) as Refusal | undefined;
  const released = facts.get(`${name}.release.confirmed`) as {at: number} | undefined;
  const ended = numbersOf(`${name}.hold-`, '.ended', holds);
  const endedAt = (number: number) => Number(facts.get(`${name}.hold-${number}.ended`)?.at ?? 0);
  return {
    role,
    serial,
    key: `${prefix}.${name}`,
    intent,
    ...(confirmed ? {job: confirmed.job, confirmedAt: confirmed.at} : {}),
    refused: refused || undefined,
    neverArrived: facts.has(`${name}.never-arrived`),
    releaseIntended: facts.has(`${name}.release.intent`),
    releasedAt: released?.at,
    unpermitted: facts.has(`${name}.unpermitted`),
    deleteIntended: facts.has(`${name}.delete.intent`),
    deleted: facts.has(`${name}.delete.confirmed`),
    ...foldAbsence(name, facts),
    leaving: facts.has(`${name}.leaving`),
    handedOver: holds.flatMap((fact) =>
      fact.startsWith(`${name}.hold-by-hand-`) ? [String(facts.get(fact)?.comment)] : [],
    ),
    holds: {
      intended: numbersOf(`${name}.hold-`, '.intent', holds),
      confirmed: numbersOf(`${name}.hold-`, '.confirmed', holds),
      ended,
      comments: holds.flatMap((fact) => {
        const hold = /\.hold-(\d+)\.comment-\d+$/.exec(fact)?.[1];
        const ours = hold !== undefined && fact.startsWith(`${name}.hold-`);
        return ours ? [{hold: Number(hold), comment: String(facts.get(fact)?.comment ?? '')}] : [];
      }),
      endedAt: ended.length > 0 ? Math.max(...ended.map((number) => endedAt(number))) : undefined,
    },
  };
}
