import type {JobId} from '../base/job-id.ts';
import {StageError} from '../errors.ts';
import type {Ledger, OpenRun} from '../ledger/ledger.ts';
import type {Log, LogFields, LogLevel} from '../log/log.ts';
import type {NotDone, Scheduler} from '../scheduler/scheduler.ts';
import {type Owner, Owners, ownerOfTag} from '../submission/owners.ts';
import type {TransferService} from '../transfer/transfer-service.ts';

/**
 * Wrap what stage acts through, so that the log tells what was asked of PBS and Globus, with the ids of run, step, job
 * and task, how long it took and what came of it; and what was decided: events of runs, with their reasons.
 *
 * What changes something is told at `info`, what only looks at `debug`.
 */
export function logged(log: Log): {
  ledger<L extends Ledger>(ledger: L): L;
  scheduler(scheduler: Scheduler): Scheduler;
  transfers(transfers: TransferService): TransferService;
} {
  const owners = new Owners();
  const logRequest = async <T>(
    level: LogLevel,
    event: string,
    fields: LogFields,
    ask: () => Promise<T>,
    answer: (value: T) => LogFields = () => ({}),
  ): Promise<T> => {
    const began = performance.now();
    const ms = () => Math.round(performance.now() - began);
    try {
      const value = await ask();
      log.write(level, event, {...fields, ...answer(value), ms: ms()});
      return value;
    } catch (error) {
      log.write('warn', event, {...fields, ...errorFields(error), ms: ms()});
      throw error;
    }
  };
  return {ledger: (ledger) => loggedLedger(ledger, log, owners), scheduler, transfers};

  function scheduler(pbs: Scheduler): Scheduler {
    const change = (event: string, job: string, ask: () => Promise<void>) =>
      logRequest('info', event, {...fieldsOf(owners.of(job)), job}, ask);
    /** A line for each job: who searches the log for one finds it. */
    const changeAll = async (event: string, jobs: readonly JobId[], ask: () => Promise<NotDone>) => {
      const began = performance.now();
      const notDone = await ask();
      const ms = Math.round(performance.now() - began);
      for (const job of jobs) {
        const error = notDone.get(job);
        const fields = {
          ...fieldsOf(owners.of(job)),
          job,
          ...(error ? errorFields(error) : {}),
          together: jobs.length,
          ms,
        };
        log.write(error ? 'warn' : 'info', event, fields);
      }
      return notDone;
    };
    return {
      submit: (request) =>
        logRequest(
          'info',
          'pbs.qsub',
          {...fieldsOf(ownerOfTag(request.tag)), name: request.name, tag: request.tag},
          () => pbs.submit(request),
          (answer) => {
            if (answer.kind === 'submitted') {
              owners.add(answer.job, ownerOfTag(request.tag));
              return {job: answer.job};
            }
            return {answer: answer.kind, why: answer.kind === 'unclear' ? answer.why : answer.error.why};
          },
        ),
      release: (job) => change('pbs.qrls', job, () => pbs.release(job)),
      hold: (job) => change('pbs.qhold', job, () => pbs.hold(job)),
      delete: (job) => change('pbs.qdel', job, () => pbs.delete(job)),
      releaseAll: (jobs) => changeAll('pbs.qrls', jobs, () => pbs.releaseAll(jobs)),
      deleteAll: (jobs) => changeAll('pbs.qdel', jobs, () => pbs.deleteAll(jobs)),
      moveStart: (job, startAt) =>
        logRequest(
          'info',
          'pbs.qalter',
          {...fieldsOf(owners.of(job)), job, start: new Date(startAt).toISOString()},
          () => pbs.moveStart(job, startAt),
        ),
      look: (jobs) =>
        logRequest(
          'debug',
          'pbs.qstat',
          {jobs: jobs.length},
          () => pbs.look(jobs),
          (seen) => tally([...seen.values()]),
        ),
      findByTag: (tags) =>
        logRequest(
          'debug',
          'pbs.find',
          {tags: tags.length},
          () => pbs.findByTag(tags),
          (found) => ({found: found.size}),
        ),
    };
  }

  function transfers(globus: TransferService): TransferService {
    const look = <T>(event: string, fields: LogFields, ask: () => Promise<T>) =>
      logRequest('debug', event, fields, ask);
    return {
      newSubmissionId: () =>
        logRequest(
          'info',
          'globus.submission-id',
          {},
          () => globus.newSubmissionId(),
          (submission) => ({submission}),
        ),
      submit: (submission, request) =>
        logRequest(
          'info',
          'globus.submit',
          {...fieldsOf(owners.of(submission)), submission, label: request.label},
          () => globus.submit(submission, request),
          (task) => {
            owners.add(task, owners.of(submission));
            return {task};
          },
        ),
      update: (task, change) =>
        logRequest('info', 'globus.update', {...fieldsOf(owners.of(task)), task, ...change}, () =>
          globus.update(task, change),
        ),
      cancel: (task) =>
        logRequest('info', 'globus.cancel', {...fieldsOf(owners.of(task)), task}, () => globus.cancel(task)),
      look: (tasks) =>
        logRequest(
          'debug',
          'globus.tasks',
          {tasks: tasks.length},
          () => globus.look(tasks),
          (seen) => tally([...seen.values()]),
        ),
      events: (task, query) =>
        look('globus.events', {...fieldsOf(owners.of(task)), task}, () => globus.events(task, query)),
      recent: (query) => look('globus.recent', {}, () => globus.recent(query)),
      pauses: (task) => look('globus.pauses', {...fieldsOf(owners.of(task)), task}, () => globus.pauses(task)),
      moved: (task) => look('globus.moved', {...fieldsOf(owners.of(task)), task}, () => globus.moved(task)),
      skipped: (task, limit) =>
        look('globus.skipped', {...fieldsOf(owners.of(task)), task}, () => globus.skipped(task, limit)),
      list: (place, most) => look('globus.ls', {...place}, () => globus.list(place, most)),
      stat: (place) => look('globus.stat', {...place}, () => globus.stat(place)),
      makeDirectory: (place) => logRequest('info', 'globus.mkdir', {...place}, () => globus.makeDirectory(place)),
      collection: (id) => look('globus.collection', {collection: id}, () => globus.collection(id)),
    };
  }
}

function loggedLedger<L extends Ledger>(ledger: L, log: Log, owners: Owners): L {
  const noted = (run: OpenRun): OpenRun => {
    owners.addRun(run);
    return run;
  };
  return {
    ...ledger,
    open: (run) => noted(ledger.open(run)),
    refresh: (run) => noted(ledger.refresh(run)),
    createRun(number, spec, scripts, environment) {
      const run = ledger.createRun(number, spec, scripts, environment);
      log.write('info', 'run.create', {run: run ?? `${spec.name}.${number}`, first: run !== undefined});
      return run;
    },
    create(run, name, value) {
      owners.addFact(run, name, value);
      const first = ledger.create(run, name, value);
      log.write('debug', 'fact.create', {run, fact: name, first});
      return first;
    },
    append(run, {at: _, by: __, event, ...told}) {
      ledger.append(run, {at: _, by: __, event, ...told});
      log.write('info', `run.${event}`, {run, ...told});
    },
    seal(run, endedAt) {
      const sealed = ledger.seal(run, endedAt);
      if (sealed.first)
        log.write('info', 'run.seal', {run: run.id, state: sealed.summary.state, why: sealed.summary.why});
      return sealed;
    },
  };
}

/** Jobs and tasks of a run are logged with the run and the step that they are for. */
function fieldsOf({run, step}: Owner): LogFields {
  return step === undefined ? {} : {run, step};
}

/** How many of each kind were seen: `live=2 unknown=1`. */
function tally(seen: readonly {readonly kind: string}[]): LogFields {
  const counts: Record<string, number> = {};
  for (const {kind} of seen) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** An error as fields of a line: its own words, which hold no secret. */
function errorFields(error: unknown): LogFields {
  if (error instanceof StageError) return {code: error.code, what: error.message, why: error.why};
  return {code: 'DEFECT', what: error instanceof Error ? error.message : String(error)};
}
