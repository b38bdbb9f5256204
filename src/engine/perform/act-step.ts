import {type ActBounds, type ActDone, type ActScope, type ActTrouble, NO_PROGRESS} from '../../base/act.ts';
import {EXIT, StageError} from '../../errors.ts';
import {workingAttempt} from '../../ledger/attempts.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {type ActRecord, actName, attemptKey} from '../../ledger/run-facts.ts';
import {isAct, requestOf} from '../../workflow/model/acts.ts';
import type {ActStep} from '../../workflow/model/workflow.ts';
import type {EngineContext} from '../context.ts';
import type {Action} from '../plan/actions.ts';
import {doneInWords} from '../plan/acts/act-end.ts';
import {COPIED_IN_A_LOOK} from '../plan/acts/plan-act-job.ts';
import {type ActionOutcome, DONE, OTHERS, type Records, STALE, updatesOf} from './action-outcome.ts';
import {recordEnd} from './end-step.ts';

/** What one look does of one act. What is left, the next one does. */
const OF_A_LOOK: ActBounds = {entries: 5000, ms: 5000};

const NOTHING: Omit<ActRecord, 'at'> = {
  intents: 0,
  scope: {things: [], whole: false, host: '', across: false, copyBytes: 0},
  steps: 0,
  progress: NO_PROGRESS,
};

/**
 * Go on with an act: put on record what it is about, then act on that and on nothing else. What dies between an act and its
 * record does a little of it again, which changes nothing.
 */
export async function performAct(
  context: EngineContext,
  run: OpenRun,
  action: Action & {do: 'act'},
  records: Records,
  bounds: ActBounds = OF_A_LOOK,
): Promise<ActionOutcome> {
  const step = run.state.spec.workflow.steps.find(({name}) => name === action.step);
  if (!step || !isAct(step)) throw new RangeError(`step ${action.step} of run ${run.id} is no act`);
  const key = attemptKey(action.step, action.attempt);
  if (!context.ledger.stillHolds(run, key)) return STALE;
  const act = new Act(context, run, step, action, records);
  return action.stop ? act.stop() : act.goOn(bounds);
}

class Act {
  readonly #key: string;
  readonly #tag: string;
  #record: Omit<ActRecord, 'at'>;

  constructor(
    readonly context: EngineContext,
    readonly run: OpenRun,
    readonly step: ActStep,
    readonly action: Action & {do: 'act'},
    readonly records: Records,
  ) {
    this.#key = attemptKey(action.step, action.attempt);
    this.#tag = `${run.id}.${this.#key}`;
    this.#record = workingAttempt(run.state, step.name).act ?? NOTHING;
  }

  /** The bound is that of all parts together: they are put on record one by one. */
  async goOn(bounds: ActBounds): Promise<ActionOutcome> {
    const {clock} = this.context;
    const until = clock() + bounds.ms;
    for (let entries = bounds.entries; entries > 0 && clock() < until; ) {
      const left = {entries, ms: until - clock()};
      const before = this.#record;
      const done = await this.#perform(left);
      const outcome = this.#put(done);
      if (outcome) return outcome;
      if (this.#record.progress.finished) return DONE; // its end is planned from what is on record
      const {scope, progress} = this.#record;
      // It is known now how much has to be copied: the plan decides whether a job does that.
      if (!before.scope.whole && scope.whole && scope.copyBytes > COPIED_IN_A_LOOK) return DONE;
      const isNextPart = progress.part !== before.progress.part || scope.whole !== before.scope.whole;
      if (!isNextPart && done.is !== 'across') return DONE;
      entries -= scope.things.length - before.scope.things.length + Math.max(0, progress.done - before.progress.done);
    }
    return DONE;
  }

  #perform(bounds: ActBounds): Promise<ActDone> {
    const {scope, progress} = this.#record;
    const request = requestOf(this.step);
    const {acts} = this.context;
    return scope.whole
      ? acts.perform({do: 'act', request, scope, progress, tag: this.#tag, bounds})
      : acts.perform({do: 'list', request, known: scope.things, across: scope.across, bounds});
  }

  /** Put on record what came of it. @returns undefined where it may go on */
  #put(done: ActDone): ActionOutcome | undefined {
    switch (done.is) {
      case 'listed':
        return this.#intend(done);
      case 'across':
        return this.#intend({...this.#record.scope, things: [], whole: false, across: true, copyBytes: 0}, true);
      case 'advanced': {
        const number = this.#record.steps + 1;
        const isNews = JSON.stringify(done.progress) !== JSON.stringify(this.#record.progress);
        if (isNews && !this.#fact(actName('progress', number), done.progress)) return OTHERS;
        this.#record = {...this.#record, steps: isNews ? number : this.#record.steps, progress: done.progress};
        return done.trouble ? {is: 'problem', error: new FileSystemTrouble(this.step.name, done.trouble)} : undefined;
      }
      case 'refused':
        return this.#end('failed', done.why);
      case 'trouble':
        return {is: 'problem', error: new FileSystemTrouble(this.step.name, done.trouble)};
      case 'tidied':
        return undefined;
    }
  }

  #intend(scope: ActScope, anew = false): ActionOutcome | undefined {
    const {ledger, by} = this.context;
    const number = this.#record.intents + 1;
    const {things, whole, host, across, copyBytes} = scope;
    const part = {things, whole, host, across, copyBytes, ...(anew ? {anew} : {}), by, ...updatesOf(this.run)};
    if (!this.#fact(actName('intent', number), part)) return OTHERS;
    if (number === 1) this.records.note('act-begun', {entries: things.length});
    const before = this.#record.scope;
    const together = anew
      ? scope
      : {...scope, things: [...before.things, ...things], copyBytes: before.copyBytes + copyBytes};
    this.#record = {...this.#record, intents: number, scope: together};
    // A person has decided something meanwhile: it is planned again before anything is done.
    return ledger.stillHolds(this.run, this.#key) ? undefined : STALE;
  }

  /** It is not to be done any further. What was begun to be copied is removed. */
  async stop(): Promise<ActionOutcome> {
    const {scope, progress} = this.#record;
    if (scope.copyBytes > 0 || scope.across) {
      const done = await this.context.acts.perform({do: 'tidy', request: requestOf(this.step), tag: this.#tag});
      if (done.is === 'trouble') return {is: 'problem', error: new FileSystemTrouble(this.step.name, done.trouble)};
    }
    const far = progress.done > 0 ? `; ${doneInWords(this.step, this.#record)}` : '';
    return this.#end(this.run.state.cancel ? 'cancelled' : 'skipped', `${this.action.why}${far}`);
  }

  #end(state: 'failed' | 'cancelled' | 'skipped', why: string): ActionOutcome {
    const {step, attempt} = this.action;
    return recordEnd({do: 'end-step', step, attempt, state, why}, this.records);
  }

  #fact(name: string, value: object): boolean {
    return this.records.fact(`${this.#key}.${name}`, value);
  }
}

/** The file system took it not now. */
class FileSystemTrouble extends StageError {
  constructor(step: string, {code, path, said}: ActTrouble) {
    super({
      code: 'FILE_SYSTEM_TROUBLE',
      exit: EXIT.unreachable,
      what: `${step} could not go on: ${said} (${code})`,
      why: `the file system answered so for ${path}`,
      next: ['Nothing is lost: the next look goes on where this one ended.', `See the file system: df -h ${path}`],
    });
  }
}
