import {basename, dirname, join} from 'node:path';
import * as z from 'zod/mini';
import type {TaskId} from '../../base/ids.ts';
import {noEvidence} from '../../base/no-evidence.ts';
import type {TransferRequest} from '../../base/task-request.ts';
import {ensureDirectory} from '../../disk/directories.ts';
import type {FactKind} from '../../disk/read-fact.ts';
import {TransferRefused, TransferUnreachable} from '../../globus-errors.ts';
import {type OtherWay, taskOfWay, wayOfTask} from '../other-way.ts';
import {CONTRACT_VERSION, readTasks, startQuestion, type Verb} from '../plugin-contract.ts';
import {deadlineOf} from '../record/deadline.ts';
import {WayRecord} from '../record/way-record.ts';
import {wordsOf} from '../record/words.ts';
import {type TaskSeen, taskHasEnded} from '../transfer-service.ts';
import {askProgram, type ProgramSettings} from './ask-program.ts';
import {taskSeen} from './read-task.ts';

export interface CommandSettings extends ProgramSettings {
  /** `ways/` of the state directory */
  readonly ways: string;
  /** Make that directory where it is missing, in a state directory that must be there. */
  readonly ensureHome: () => void;
  /** milliseconds since the epoch */
  readonly clock: () => number;
  /** `user@host:pid`, for records */
  readonly by: string;
}

const STARTED: FactKind<{readonly task: string}> = {
  what: 'the task that a program started',
  schema: z.looseObject({at: z.number(), task: z.string().check(z.minLength(1))}),
};

/** How many tasks one question is about. */
const AT_ONCE = 50;
/** A program that let its time pass is not asked again before. */
const REST_MS = 60_000;

/** A task on record, with what its program calls it. */
interface Known {
  readonly id: TaskId;
  readonly record: WayRecord;
  readonly program: string;
  readonly name: string;
}

/**
 * Transfers that programs of the site make (docs/transfer-plugins.md). What was asked is on record before a program is
 * asked; `start` with the same id gives the same task; an end that was seen once is kept, whatever the program forgets.
 */
export function createCommandTransfer(settings: CommandSettings): OtherWay {
  const {ways, ensureHome, clock, by} = settings;
  /** until when a program is not asked that let its time pass, and why */
  const resting = new Map<string, {readonly until: number; readonly error: TransferUnreachable}>();

  const ask = async <V extends Verb>(program: string, verb: V, question: object) => {
    const rest = resting.get(program);
    if (rest && clock() < rest.until) throw rest.error;
    try {
      return await askProgram(program, verb, question, settings);
    } catch (error) {
      if (error instanceof TransferUnreachable && error.timedOut)
        // It says nothing of Globus, nor of other programs: the circuit breaker of a look is not to open for it.
        resting.set(program, {
          until: clock() + REST_MS,
          error: new TransferUnreachable(`${basename(program)} ${verb}`, error.why ?? '', {
            service: `The program ${program}`,
          }),
        });
      throw resting.get(program)?.error ?? error;
    }
  };

  const recordOf = (task: TaskId): WayRecord => new WayRecord(ways, wayOfTask(task)?.submissionId ?? '');
  /** Where programs may keep what they must know again on another host. */
  const stateOf = (program: string): string => {
    const directory = join(dirname(ways), 'plugins', basename(program));
    ensureDirectory(directory);
    return directory;
  };
  const known = (id: TaskId): Known | 'unknown' | 'not-started' => {
    const record = recordOf(id);
    const program = programOf(record.asked?.request);
    if (program === undefined) return 'unknown';
    const name = record.read('started', STARTED)?.task;
    return name === undefined ? 'not-started' : {id, record, program, name};
  };

  return {
    async submit(submissionId, request) {
      ensureHome();
      const record = new WayRecord(ways, submissionId);
      const asked = record.ask({at: clock(), request, by});
      const program = programOf(asked.request) ?? '';
      const {task} = await ask(program, 'start', startQuestion(submissionId, asked.request, stateOf(program)));
      record.create('started', {at: clock(), task});
      return taskOfWay('command', submissionId);
    },

    async look(tasks) {
      const seen = new Map<TaskId, TaskSeen>();
      const open: Known[] = [];
      for (const id of new Set(tasks)) {
        try {
          const one = known(id);
          const ended = one === 'unknown' ? undefined : recordOf(id).ended;
          if (ended) seen.set(id, ended);
          else if (one === 'unknown') seen.set(id, {kind: 'unknown'});
          else if (one === 'not-started')
            seen.set(id, {kind: 'no-evidence', why: 'its program has not said yet that it started it'});
          else open.push(one);
        } catch (error) {
          seen.set(id, {kind: 'no-evidence', why: wordsOf(error)});
        }
      }
      for (const program of new Set(open.map((one) => one.program))) {
        const ofIt = open.filter((one) => one.program === program);
        for (let at = 0; at < ofIt.length; at += AT_ONCE)
          for (const [id, found] of await show(program, ofIt.slice(at, at + AT_ONCE))) seen.set(id, found);
      }
      return seen;
    },

    async cancel(task) {
      const one = known(task);
      if (typeof one === 'string') return;
      if (one.record.ended) return;
      one.record.create('cancel', {at: clock(), by});
      await cancelAt(one);
    },

    async update(task, change) {
      const one = known(task);
      const refused = (why: string) =>
        new TransferRefused({asked: `a change of ${task}`, globusCode: 'ENDED', why, service: 'stage'});
      if (typeof one === 'string') throw refused('there is no such task');
      // What it shows may be old: an end is looked for before.
      const found = (await show(one.program, [one])).get(task);
      if (one.record.ended || (found?.kind === 'task' && taskHasEnded(found))) throw refused('it has ended');
      one.record.change(change, clock());
    },

    async pauses(task) {
      const one = known(task);
      if (typeof one === 'string' || one.record.ended) return [];
      const shown = await shownBy(one.program, [one]);
      const entry = shown.get(one.name);
      return entry?.state === 'paused' || entry?.state === 'inactive' ? [{message: entry.pause ?? ''}] : [];
    },

    async moved(task) {
      const one = known(task);
      if (typeof one !== 'string') await show(one.program, [one]);
      const {ended, asked} = recordOf(task);
      if (!ended || !asked)
        throw new TransferRefused({
          asked: `what ${task} moved`,
          globusCode: 'NOT_ENDED',
          why: 'it has not ended',
          service: 'stage',
        });
      return ended.state === 'succeeded' ? asked.request.items.map(({from, to}) => ({from, to})) : [];
    },

    events: async () => [],
    skipped: async () => ({files: [], more: false}),
  };

  function cancelAt({program, name}: Known) {
    return ask(program, 'cancel', {version: CONTRACT_VERSION, state_directory: stateOf(program), task: name});
  }

  async function shownBy(program: string, ofIt: readonly Known[]) {
    const tasks = ofIt.map(({name}) => name);
    const {tasks: entries} = await ask(program, 'show', {
      version: CONTRACT_VERSION,
      state_directory: stateOf(program),
      tasks,
    });
    return readTasks(entries);
  }

  /** What one program shows of tasks of its own. Never throws for what it says. */
  async function show(program: string, ofIt: readonly Known[]): Promise<ReadonlyMap<TaskId, TaskSeen>> {
    const ids = ofIt.map(({id}) => id);
    try {
      const shown = await shownBy(program, ofIt);
      return new Map(
        await Promise.all(ofIt.map(async (one) => [one.id, await judge(one, shown.get(one.name))] as const)),
      );
    } catch (error) {
      return noEvidence(ids, wordsOf(error));
    }
  }

  async function judge(one: Known, shown: Parameters<typeof taskSeen>[0] | undefined): Promise<TaskSeen> {
    if (!shown) return {kind: 'no-evidence', why: `${basename(one.program)} said nothing of it that can be read`};
    const {record, id} = one;
    const {asked, changed, cancelled} = record;
    if (!asked) return {kind: 'unknown'};
    const seen = taskSeen(shown, {task: id, asked, changed, expired: cancelled?.why === EXPIRED});
    if (seen.kind !== 'task') return seen;
    if (taskHasEnded(seen)) {
      record.create('ended', {at: clock(), seen});
      return record.ended ?? seen;
    }
    const deadline = deadlineOf(asked, changed);
    if (deadline !== undefined && clock() > deadline) {
      record.create('cancel', {at: clock(), by, why: EXPIRED});
      await cancelAt(one);
    }
    return seen;
  }
}

const EXPIRED = 'its deadline has passed';

function programOf(request: TransferRequest | undefined): string | undefined {
  return request?.via?.by === 'command' ? request.via.program : undefined;
}
