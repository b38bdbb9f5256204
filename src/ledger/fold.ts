import type {TaskId} from '../base/ids.ts';
import type {JobId} from '../base/job-id.ts';
import {isSameJob} from '../base/job-id.ts';
import type {SourceTotals} from '../base/source-totals.ts';
import type {FactValue} from '../disk/facts.ts';
import {
  type Attempt,
  absentName,
  attemptKey,
  type CancelDecision,
  cancelName,
  type EndMarker,
  type ForgetDecision,
  type HoldDecision,
  type JobIntent,
  type JobRecord,
  type JobRole,
  type Markers,
  type Outcome,
  type Refusal,
  type ResumeDecision,
  type RunSpec,
  type RunState,
  type SignInDemand,
  SOURCE_FACT,
  type StartMarker,
  seenAgainName,
  type TaskLater,
  type TransferIntent,
  type TransferRecord,
  type UpdateDecision,
  updateName,
} from './run-facts.ts';

/**
 * What a run's facts add up to. Pure; the order in which facts were created does not matter.
 *
 * @param asked what the run was asked to do when it was created
 * @param resumes the run's facts in `resumed/`, oldest first
 *
 * The casts stand where facts become values: they have been read by their schemas (fact-schemas.ts). Markers come from
 * shell scripts, may be empty, and are read field by field.
 */
export function foldRun(
  asked: RunSpec,
  facts: ReadonlyMap<string, FactValue>,
  resumes: readonly ResumeDecision[] = [],
): RunState {
  const updates = foldUpdates(facts);
  const spec = updates.reduce(updated, asked);
  const byAttempt = groupByAttempt(facts);
  const attempts = new Map<string, readonly Attempt[]>();
  for (const step of spec.workflow.steps) {
    const numbers = [...(byAttempt.get(step.name)?.keys() ?? [])];
    const count = Math.max(1, ...numbers);
    const changedBy = updates.findLastIndex(({changed}) => changed.includes(step.name)) + 1;
    attempts.set(
      step.name,
      Array.from({length: count}, (_, index) =>
        foldAttempt(step.name, index + 1, byAttempt.get(step.name)?.get(index + 1) ?? new Map(), changedBy),
      ),
    );
  }
  const cancel = facts.get(cancelName(resumes.length)) as CancelDecision | undefined;
  return {
    spec,
    original: asked,
    attempts,
    cancel: cancel || undefined,
    resumes,
    holds: foldHolds(facts),
    forgets: foldForgets(facts),
    updates,
  };
}

function foldUpdates(facts: ReadonlyMap<string, FactValue>): UpdateDecision[] {
  const updates: UpdateDecision[] = [];
  for (;;) {
    const update = facts.get(updateName(updates.length + 1)) as unknown as UpdateDecision | undefined;
    if (!update) return updates;
    updates.push({...update, steps: update.steps ?? {}}); // the first version of stage that wrote updates put nothing aside
  }
}

function updated(spec: RunSpec, {workflow, fingerprint, scriptHashes, scripts}: UpdateDecision): RunSpec {
  return {...spec, workflow, fingerprint, scriptHashes, scripts: {...spec.scripts, ...scripts}};
}

function foldHolds(facts: ReadonlyMap<string, FactValue>): HoldDecision[] {
  const holds: HoldDecision[] = [];
  for (let number = 1; ; number++) {
    const hold = facts.get(`decision.hold-${number}`) as Omit<HoldDecision, 'number'> | undefined;
    if (!hold) return holds;
    const ended = facts.get(`decision.release-${number}`) as {at: number} | undefined;
    holds.push({...hold, number, ...(ended ? {endedAt: ended.at} : {})});
  }
}

function foldForgets(facts: ReadonlyMap<string, FactValue>): ForgetDecision[] {
  const forgets: ForgetDecision[] = [];
  for (let number = 1; ; number++) {
    const forget = facts.get(`decision.forget-${number}`) as unknown as Omit<ForgetDecision, 'number'> | undefined;
    if (!forget) return forgets;
    forgets.push({...forget, number});
  }
}

type AttemptFacts = Map<string, FactValue>;

/** Facts named `STEP.ATTEMPT.REST`, as step → attempt → rest. Step names hold no dot. */
function groupByAttempt(facts: ReadonlyMap<string, FactValue>): Map<string, Map<number, AttemptFacts>> {
  const groups = new Map<string, Map<number, AttemptFacts>>();
  for (const [name, value] of facts) {
    const match = /^([^.]+)\.([1-9][0-9]*)\.(.+)$/.exec(name);
    if (!match) continue;
    const [, step, number, rest] = match as unknown as [string, string, string, string];
    const attempts = groups.get(step) ?? new Map<number, AttemptFacts>();
    groups.set(step, attempts);
    const attempt = attempts.get(Number(number)) ?? new Map<string, FactValue>();
    attempts.set(Number(number), attempt);
    attempt.set(rest, value);
  }
  return groups;
}

/** @param changedBy the number of the last update by which the step does something else; 0: none */
function foldAttempt(step: string, number: number, facts: AttemptFacts, changedBy: number): Attempt {
  const outcome = facts.get('outcome') as Outcome | undefined;
  const transfer = foldTransfer(facts);
  const jobs = foldJobs(attemptKey(step, number), facts);
  const markers = foldMarkers('', facts);
  return {
    number,
    transfer: transfer || undefined,
    source: foldSource(facts, changedBy),
    ...(transfer?.task ? {} : foldSignIn(facts)),
    jobs,
    ...markers,
    starts: markers.starts.map((start) => asOnRecord(start, jobs)),
    altered: facts.has('altered') || undefined,
    indices: foldIndices(facts),
    ...(outcome ? {outcome} : {}),
  };
}

/**
 * A job goes by one id, the one on record: where a site's qsub prints the number alone, its own PBS_JOBID is another
 * spelling of it, and what waits for the one would seem not to wait for the other.
 */
function asOnRecord(start: StartMarker, jobs: readonly JobRecord[]): StartMarker {
  const known = jobs.find(({job}) => job !== undefined && start.job !== undefined && isSameJob(job, start.job));
  return known?.job === undefined ? start : {...start, job: known.job};
}

/** @param prefix empty for a job, `i7.` for the subjob of index 7 */
function foldMarkers(prefix: string, facts: AttemptFacts): Markers {
  const starts: StartMarker[] = [];
  for (let count = 1; facts.has(`${prefix}start.${count}`); count++)
    starts.push(readStart(facts.get(`${prefix}start.${count}`) ?? {}));
  const ends = new Map<number, EndMarker>();
  const terminated = new Set<number>();
  starts.forEach((_, index) => {
    const told = facts.has(`${prefix}term.${index + 1}`);
    const end =
      readEnd(facts.get(`${prefix}end.${index + 1}`)) ?? readStatus(facts.get(`${prefix}status.${index + 1}`), told);
    if (end) ends.set(index + 1, end);
    if (told) terminated.add(index + 1);
  });
  return {starts, ends, terminated};
}

function foldIndices(facts: AttemptFacts): Map<number, Markers> {
  const indices = new Map<number, Markers>();
  for (const name of facts.keys()) {
    const index = /^i(0|[1-9][0-9]*)\.start\.1$/.exec(name)?.[1];
    if (index !== undefined) indices.set(Number(index), foldMarkers(`i${index}.`, facts));
  }
  return indices;
}

function foldTransfer(facts: AttemptFacts): TransferRecord | undefined {
  const intent = facts.get('transfer.intent') as TransferIntent | undefined;
  if (!intent) return undefined;
  const confirmed = facts.get('transfer.confirmed') as {task: TaskId; at: number; byLabel?: true} | undefined;
  const refused = facts.get('transfer.refused') as Refusal | undefined;
  const cancel = facts.get('transfer.cancel.intent');
  const forced = ('adopted' in intent && intent.forced) || facts.has('transfer.forced');
  return {
    intent,
    ...(confirmed ? {task: confirmed.task, confirmedAt: confirmed.at} : {}),
    foundByLabel: confirmed?.byLabel,
    forced: forced ? (true as const) : undefined,
    refused: refused || undefined,
    ...foldPutOff(facts, !confirmed && !refused),
    cancelIntended: cancel !== undefined,
    cancelReason: typeof cancel?.why === 'string' ? cancel.why : undefined,
    cancelled: facts.has('transfer.cancel.confirmed'),
    ...foldAbsence('transfer', facts),
  };
}

/** A listing of what the step moved before a person had it move something else is of no use. */
function foldSource(facts: AttemptFacts, changedBy: number): SourceTotals | undefined {
  const source = facts.get(SOURCE_FACT) as (SourceTotals & {updates?: number}) | undefined;
  return source && (source.updates ?? 0) >= changedBy ? source : undefined;
}

/** @param open neither a task nor a final refusal is known */
function foldPutOff(facts: AttemptFacts, open: boolean): Pick<TransferRecord, 'putOff' | 'tries'> {
  const later: TaskLater[] = [];
  for (let number = 1; ; number++) {
    const one = facts.get(`transfer.later-${number}`) as unknown as TaskLater | undefined;
    if (!one) break;
    later.push(one);
  }
  let begun = 1;
  while (facts.has(`transfer.again-${begun + 1}`)) begun++;
  const [first, last] = [later[0], later.at(-1)];
  const answered = open && first && last && later.length >= begun;
  return {
    tries: {refused: later.length, begun},
    putOff: answered ? {...last, since: first.at, times: later.length} : undefined,
  };
}

function foldSignIn(facts: AttemptFacts): Pick<Attempt, 'signIn'> {
  let newest: Pick<Attempt, 'signIn'> = {};
  for (let number = 1; ; number++) {
    const demand = facts.get(`transfer.sign-in-${number}`) as SignInDemand | undefined;
    if (!demand) return newest;
    newest = {signIn: {...demand, number}};
  }
}

const ROLES: readonly JobRole[] = ['job', 'launcher', 'sentinel', 'wait'];

function foldJobs(prefix: string, facts: AttemptFacts): JobRecord[] {
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

/** `absent` and `seen-again` take turns: `absent`, `seen-again`, `absent-2`, `seen-again-2`, … */
function foldAbsence(name: string, facts: AttemptFacts): Pick<JobRecord, 'absences' | 'absentSince'> {
  let absences = 0;
  let since: number | undefined;
  for (;;) {
    const absent = facts.get(`${name}.${absentName(absences + 1)}`) as {at: number} | undefined;
    if (!absent) return {absences, absentSince: since};
    absences += 1;
    since = facts.has(`${name}.${seenAgainName(absences)}`) ? undefined : absent.at;
  }
}

/** The numbers that stand between a prefix and a suffix in the names of facts. */
function numbersOf(prefix: string, suffix: string, names: readonly string[]): number[] {
  return names.flatMap((name) =>
    name.startsWith(prefix) && name.endsWith(suffix) ? [Number(name.slice(prefix.length, -suffix.length))] : [],
  );
}

function readStart(value: FactValue): StartMarker {
  return {
    job: typeof value.job === 'string' ? (value.job as JobId) : undefined,
    host: typeof value.host === 'string' ? value.host : undefined,
    ...atOf(value),
    ...(value.void === true ? {void: true as const} : {}),
  };
}

/** An end marker without an exit code was cut short and says nothing. */
function readEnd(value: FactValue | undefined): EndMarker | undefined {
  if (!value || typeof value.exit !== 'number') return undefined;
  return {
    job: typeof value.job === 'string' ? (value.job as JobId) : undefined,
    exit: value.exit,
    terminated: value.terminated === true,
    delivers: value.delivers === true || undefined,
    ...atOf(value),
  };
}

/** What SIGTERM and SIGKILL leave. */
const SIGNALLED: readonly number[] = [143, 137];

/**
 * The status of a script whose wrapper was killed before it could write the end marker, as pbs/job-wrapper.sh reads it
 * too: a status that a signal leaves does not tell whether PBS sent it.
 */
function readStatus(value: FactValue | undefined, told: boolean): EndMarker | undefined {
  const end = readEnd(value);
  return end && {...end, terminated: told || SIGNALLED.includes(end.exit)};
}

/** Shell writes `date -u +%Y-%m-%dT%H:%M:%SZ`, the reconciler milliseconds. */
function atOf(value: FactValue): {at?: number} {
  const at = typeof value.at === 'number' ? value.at : Date.parse(String(value.at));
  return Number.isFinite(at) ? {at} : {};
}
