import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {rolldown} from 'rolldown';
import type {explore, Trouble} from './play.ts';

/** A change to one source file that makes stage wrong. */
export interface Fault {
  readonly name: string;
  /** below src/ */
  readonly file: string;
  /** stands there exactly once */
  readonly from: string;
  readonly to: string;
  /** troubles under which it shows; none: it shows in quiet */
  readonly under: readonly Trouble[];
  /** the seed with which the first scenario shows it, as long as neither the generator nor the engine changes: it makes the search short; others find it, too */
  readonly seed: number;
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'a job is released on no evidence about the transfer it waits for',
    file: 'engine/plan/tasks/plan-transfer-step.ts',
    from: "  if (seen?.kind !== 'task') return [];",
    to: "  if (seen?.kind !== 'task') return [{do: 'end-step', step, attempt: attempt.number, state: 'succeeded', why: 'x'}];",
    under: ['outages'],
    seed: 1,
  },
  {
    name: 'a job whose end is not known counts as lost at once',
    file: 'engine/plan/jobs/job-verdict.ts',
    from: "      return {is: 'no-evidence', why: atPbs.why};",
    to: "      return {is: 'lost', started: false, why: atPbs.why};",
    under: ['outages'],
    seed: 2,
  },
  {
    name: 'a job is submitted although another process wrote the intent',
    file: 'submission/submit-job.ts',
    from: "  if (!facts.create('intent', {at, tag, ...intent, deadline: at + deadlineMs, by})) return {is: 'others'};",
    to: "  facts.create('intent', {at, tag, ...intent, deadline: at + deadlineMs, by});",
    under: ['two at once'],
    seed: 226,
  },
  {
    name: 'a transfer is submitted under a new submission id each time',
    file: 'submission/submit-task.ts',
    from: '    const task = await transfers.submit(asked.submissionId, asked.request);',
    to: '    const task = await transfers.submit(await transfers.newSubmissionId(), asked.request);',
    under: ['deaths', 'two at once'],
    seed: 4,
  },
  {
    name: 'a cleanup is dropped',
    file: 'engine/plan/conditions.ts',
    from: "  const broken = steps.filter((step) => ['failed', 'cancelled'].includes(end(step)?.state ?? ''));",
    to: "  const broken = steps.filter((step) => ['cancelled'].includes(end(step)?.state ?? ''));",
    under: [],
    seed: 7,
  },
  {
    name: 'an intent is given up although PBS could not be queried',
    file: 'engine/observe.ts',
    from: 'return error instanceof SearchIncomplete ? error.found : new Map();',
    to: 'return new Map(tags.map((tag) => [tag, null]));',
    under: ['deaths', 'outages'],
    seed: 13,
  },
  {
    name: 'a failed step is tried again without limit',
    file: 'ledger/attempts.ts',
    from: '  if (failures > (step?.retries ?? 0)) return undefined;',
    to: '',
    under: [],
    seed: 7,
  },
  {
    name: 'a resumed run does again what had succeeded',
    file: 'app/runs/run/reopen.ts',
    from: 'state !== undefined && (OPENED.includes(state) ||',
    to: 'state !== undefined && (OPENED.includes(state) || state !== undefined ||',
    under: ['resumed'],
    seed: 13,
  },
  {
    name: 'a second attempt of an array does again what had succeeded',
    file: 'ledger/attempts.ts',
    from: '    .filter(({number}) => number > redone && number < before)',
    to: '    .filter(({number}) => number > before)',
    under: [],
    seed: 24,
  },
  {
    name: 'an array is concluded from the exit status that PBS shows',
    file: 'engine/plan/jobs/job-verdict.ts',
    from: "  if (atPbs.kind === 'live') return {is: 'live', seen: atPbs};",
    to: "  if (atPbs.kind === 'live') return {is: 'live', seen: atPbs};\n  if (atPbs.kind === 'ended') return {is: 'ended', succeeded: atPbs.exitStatus === 0, why: ''};",
    under: ['cancelled'],
    seed: 230,
  },
  {
    name: 'a job keeps depending on one that was replaced',
    file: 'engine/plan/jobs/plan-job-step.ts',
    from: 'record.intent.dependsOn.some((id) => !valid.has(id)) || isLeftWaiting',
    to: 'valid.size < 0 && isLeftWaiting',
    under: ['deleted by hand'],
    seed: 256,
  },
  {
    name: 'a dependent of a job that was deleted unstarted is left waiting',
    file: 'engine/plan/jobs/plan-job-step.ts',
    from: '!valid.has(id)) || isLeftWaiting(view, record)',
    to: '!valid.has(id)) && !isLeftWaiting(view, record)',
    under: [],
    seed: 92,
  },
  {
    name: "a person's hold is not taken back",
    file: 'engine/plan/jobs/plan-holds.ts',
    from: '      .filter((number) => !record.holds.ended.includes(number))',
    to: '      .filter(() => false)',
    under: ['held and released'],
    seed: 17,
  },
  {
    name: 'a job that was let go by hand gets its permit before its data is there',
    file: 'engine/plan/jobs/plan-job-step.ts',
    from: "  if (verdict.is !== 'met' || !waits) return [];",
    to: '  if (!waits) return [];',
    under: ['released by hand'],
    seed: 6,
  },
  {
    name: 'the hold that a person put on a job is undone',
    file: 'engine/plan/jobs/plan-job-step.ts',
    from: 'at.userHold && !personHold(record, at)',
    to: 'at.userHold',
    under: ['held by hand'],
    seed: 6,
  },
  {
    name: 'the hold that a person put on a job beside one of the run is undone',
    file: 'engine/plan/jobs/person-hold.ts',
    from: 'isOfRun(record, at) ? undefined : written',
    to: 'undefined',
    under: ['held and released', 'held by hand'],
    seed: 226,
  },
  {
    name: 'a step is concluded before what it needs',
    file: 'engine/plan/jobs/plan-job-step.ts',
    from: '  if (ends.some(({state}) => state === undefined)) return [];',
    to: '  if (ends.some(({state}) => state === undefined)) return [concluded(view, step, attempt, record, verdict)];',
    under: ['ends seen late'],
    seed: 850,
  },
  {
    name: 'an array that has begun goes on under a hold',
    file: 'engine/plan/jobs/plan-holds.ts',
    from: '.notStarted > 0',
    to: '.notStarted > 99',
    under: ['held and released'],
    seed: 21,
  },
  {
    name: 'the wrapper is not told what must have succeeded',
    file: 'engine/plan/jobs/plan-job-step.ts',
    from: '      proof: {succeeded: natives(view, step, step.needs), ended: natives(view, step, step.after)},',
    to: '',
    under: ['deleted by hand', 'two at once', 'outages'],
    seed: 390,
  },
  {
    name: 'a run is sealed while jobs of it are queued',
    file: 'engine/plan/sealing.ts',
    from: '!isPending(view, attempt, record)',
    to: 'true',
    under: ['deaths', 'outages'],
    seed: 74,
  },
  {
    name: 'intents of earlier attempts are never cleared up',
    file: 'engine/plan/jobs/plan-unconfirmed-jobs.ts',
    from: '(view.run.attempts.get(step) ?? []).flatMap(',
    to: '(view.run.attempts.get(step) ?? []).slice(-1).flatMap(',
    under: ['deaths', 'wipes'],
    seed: 230,
  },
  {
    name: 'no process looks when a failed step is to be tried again',
    file: 'engine/plan/monitor/next-look.ts',
    from: '  if (pausedUntil !== undefined && pausedUntil > seen.now) return Math.max(soon, pausedUntil);',
    to: '  if (pausedUntil !== undefined && pausedUntil > seen.now) return undefined;',
    under: [],
    seed: 4,
  },
  {
    name: 'a job is deleted while it is not known how what it needs ends',
    file: 'engine/plan/conditions.ts',
    from: '    if (!outcome) waiting.add(need);\n    else if (outcome.state',
    to: '    if (outcome?.state',
    under: [],
    seed: 3,
  },
  {
    name: 'a job is submitted without its hold',
    file: 'engine/plan/jobs/plan-job-step.ts',
    from: "  if (verdict.is !== 'waiting') return false;\n  // A slot",
    to: "  if (verdict.is === 'waiting') return false;\n  // A slot",
    under: [],
    seed: 6,
  },
  {
    name: 'a sentinel sees nothing but failures',
    file: 'engine/plan/jobs/plan-sentinel.ts',
    from: "hasLauncher(view, step) ? 'afternotok' : 'afterany'",
    to: "hasLauncher(view, step) ? 'afternotok' : 'afternotok'",
    under: [],
    seed: 6,
  },
  {
    name: 'jobs of stage leave although no monitor is in the queue',
    file: 'app/runs/monitor/monitor.ts',
    from: 'while (looked.gap !== undefined && clock()',
    to: 'while (looked.gap === null && clock()',
    under: ['no monitor taken'],
    seed: 27,
  },
  {
    name: 'a monitor that PBS refused counts as one in the queue',
    file: 'engine/plan/monitor/plan-monitor.ts',
    from: '  if (newest.refused) return {certain: true, why: `PBS accepted none: ${newest.refused.why}`};',
    to: '  if (newest.refused) return undefined;',
    under: ['no monitor taken'],
    seed: 2,
  },
  {
    name: 'a monitor of which PBS has not said whether it took it counts as one in the queue',
    file: 'engine/plan/monitor/plan-monitor.ts',
    from: "  if (at === undefined) return {certain: false, why: 'PBS has not said whether it took the last one'};",
    to: '  if (at === undefined) return undefined;',
    under: ['no monitor taken'],
    seed: 4,
  },
  {
    name: 'no process looks when a job waits for a place in the queue',
    file: 'engine/look/chain.ts',
    from: 'isSoon ? nextLookForPlaces(states, this.#look.seen, bounds) : late',
    to: 'isSoon ? undefined : late',
    under: ['narrow queue'],
    seed: 13,
  },
  {
    name: 'jobs that wait keep what they wait for out of the queue',
    file: 'engine/plan/limits/queue-limit.ts',
    from: 'leaves: PLACES_OF_JOB, within',
    to: 'leaves: 0, within',
    under: ['narrow queue'],
    seed: 21,
  },
  {
    name: 'a transfer waits for a job that gets no place in the queue',
    file: 'engine/plan/tasks/plan-transfer-step.ts',
    from: '!view.settings.queueIsFull &&',
    to: '',
    under: ['narrow queue'],
    seed: 133,
  },
  {
    name: 'no place is kept for monitors',
    file: 'engine/plan/limits/queue-limit.ts',
    from: 'maxQueued - PLACES_OF_MONITORS',
    to: 'maxQueued',
    under: ['narrow queue'],
    seed: 6,
  },
];

/** The same for single jobs: exploreJob (single-job.ts) catches them. */
export const JOB_FAULTS: readonly Omit<Fault, 'under' | 'seed'>[] = [
  {
    name: 'a single job is submitted although another process wrote the intent',
    file: 'submission/submit-job.ts',
    from: "  if (!facts.create('intent', {at, tag, ...intent, deadline: at + deadlineMs, by})) return {is: 'others'};",
    to: "  facts.create('intent', {at, tag, ...intent, deadline: at + deadlineMs, by});",
  },
  {
    name: 'a single job is asked for before its intent is on record',
    file: 'submission/submit-job.ts',
    from: '  const at = clock();',
    to: '  const at = clock();\n  await scheduler.submit(request());',
  },
  {
    name: 'a single job whose answer was lost is not looked for',
    file: 'submission/resolve.ts',
    from: '(await searchByTag(scheduler, [tag])).get(tag)',
    to: 'null',
  },
  {
    name: 'a single job is confirmed without being found by its id',
    file: 'app/jobs/job-facts.ts',
    from: "      if (fact === 'confirmed')",
    to: '      if (false)',
  },
  {
    name: 'a try that was given up may run all the same',
    file: 'app/jobs/job-facts.ts',
    from: "      if (fact === 'never-arrived' && !store.takeClaim(name, number)) return false;",
    to: '',
  },
];

/** The same for the monitor chain: exploreMonitors (monitor-deaths.ts) catches them. */
export const MONITOR_FAULTS: readonly Omit<Fault, 'under' | 'seed'>[] = [
  {
    name: 'a monitor is asked for before its intent is on record',
    file: 'submission/submit-job.ts',
    from: '  const at = clock();',
    to: '  const at = clock();\n  await scheduler.submit(request());',
  },
  {
    name: 'no link follows one whose process died submitting it',
    file: 'engine/plan/monitor/plan-monitor.ts',
    from: '    if (resolution === undefined)\n',
    to: '    if (resolution === undefined) return [];\n    if (resolution === undefined)\n',
  },
];

/** The simulation of whole runs. */
const PLAY = join(import.meta.dirname, 'play.ts');

/**
 * A module of the tests (the simulation of whole runs) on sources with one fault in them.
 *
 * @param directory where the bundle may lie
 * @throws when the text that is to be replaced does not stand in the file exactly once: the fault is out of date
 */
export async function withFault<Module = {explore: typeof explore}>(
  fault: Omit<Fault, 'under' | 'seed'>,
  directory: string,
  module: string = PLAY,
): Promise<Module> {
  const root = join(import.meta.dirname, '../..');
  const at = join(root, 'src', fault.file);
  let planted = 0;
  const bundle = await rolldown({
    input: module,
    platform: 'node',
    external: /^[^./]/, // libraries, as they are: half of the time is theirs otherwise
    logLevel: 'silent',
    plugins: [
      {
        name: 'plant',
        transform(code, id) {
          if (id !== at) return null;
          const parts = code.split(fault.from);
          planted = parts.length - 1;
          return parts.join(fault.to);
        },
      },
    ],
  });
  const file = join(directory, `${fault.name.replace(/\W+/g, '-')}.mjs`);
  await bundle.write({file, format: 'esm'});
  if (planted !== 1) throw new Error(`"${fault.name}": its text stands ${planted} times in src/${fault.file}`);
  return import(pathToFileURL(file).href);
}
