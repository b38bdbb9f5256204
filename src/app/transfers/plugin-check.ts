import {randomUUID} from 'node:crypto';
import {resolve} from 'node:path';
import type {Place, TransferRequest} from '../../base/task-request.ts';
import {EXIT, type ExitCode, RequestWrong, StageError} from '../../errors.ts';
import {SignInNeeded, TransferRefused} from '../../globus-errors.ts';
import {
  CONTRACT_VERSION,
  type Plugin,
  readTasks,
  startQuestion,
  type TaskShown,
  type Verb,
} from '../../transfer/plugin-contract.ts';
import type {TransfersStage} from '../../wiring/stage.ts';
import {readHostPlace} from '../../workflow/model/ways.ts';
import {exitOfFindings, type Finding, fine, isProblem, note, problem, problemOf} from '../shared/findings.ts';

export interface PluginCheckRequest {
  readonly program: string;
  /** a file that is there: HOST:PATH, or a path of the cluster */
  readonly from: string;
  /** what the names of the files begin with that the check makes: HOST:PATH, or a path of the cluster */
  readonly to: string;
  /** how long one transfer of that file may take, in milliseconds */
  readonly timeoutMs: number;
}

export interface PluginCheckReport {
  readonly program: string;
  readonly findings: readonly Finding[];
  readonly exit: ExitCode;
}

/** Hold a program of the site to the contract (docs/transfer-plugins.md). It moves the file that is named, and leaves copies of it. */
export async function checkPlugin(stage: TransfersStage, request: PluginCheckRequest): Promise<PluginCheckReport> {
  const program = resolve(request.program);
  const [from, to] = [placeOf(request.from, 'FROM'), placeOf(request.to, 'TO')];
  const missing = await stage.ways.why(program);
  if (missing !== undefined) throw new RequestWrong(`the program ${program} cannot be run`, {why: missing});
  const {clock, sleep} = await stage.engine();
  const plugin = await stage.ways.plugin(program);
  const findings = await holdToContract(plugin, {from, to, timeoutMs: request.timeoutMs, clock, sleep});
  const exit = findings.some(isProblem) ? EXIT.failed : exitOfFindings(findings, false);
  return {program, findings, exit};
}

function placeOf(text: string, argument: string): Place {
  const place = readHostPlace(text);
  if (typeof place === 'string') throw new RequestWrong(`${argument}: ${place}`);
  return place;
}

interface Trial {
  readonly from: Place;
  readonly to: Place;
  readonly timeoutMs: number;
  readonly clock: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A promise that a program broke. */
class Broken extends Error {}

function broken(why: string): never {
  throw new Broken(why);
}

/**
 * The conformance suite: each promise of the contract, tried on a program.
 *
 * @returns a finding for each; after one that is broken those that need it are not tried
 */
export async function holdToContract(plugin: Plugin, trial: Trial): Promise<Finding[]> {
  const {from, to, timeoutMs, clock, sleep} = trial;
  const findings: Finding[] = [];
  const base = {version: CONTRACT_VERSION, state_directory: plugin.stateDirectory};
  const begin = async (id: string, ending: string, source = from.path) => {
    const question = startQuestion(id, requestOf(trial, source, `${to.path}${ending}`), plugin.stateDirectory);
    return (await plugin.ask('start', question)).task;
  };
  const show = async (...tasks: readonly string[]) => readTasks((await plugin.ask('show', {...base, tasks})).tasks);
  const shown = async (task: string): Promise<TaskShown> =>
    (await show(task)).get(task) ?? broken(`show says nothing of ${task} that can be read`);
  const untilEnd = async (task: string): Promise<TaskShown> => {
    for (const end = clock() + timeoutMs; ; await sleep(500)) {
      const seen = await shown(task);
      if (ENDS.includes(seen.state)) return seen;
      if (clock() > end)
        broken(`${task} is still ${seen.state} after ${timeoutMs / 1000} s; give it longer with --timeout`);
    }
  };
  /** @returns whether it was kept */
  const promise = async (what: string, keep: () => Promise<string>): Promise<boolean> => {
    try {
      findings.push(fine(what, await keep()));
      return true;
    } catch (error) {
      if (error instanceof Broken) findings.push(problem(what, error.message, EXIT.failed));
      else if (error instanceof StageError) findings.push({...problemOf(error, what), exit: EXIT.failed});
      else throw error;
      return false;
    }
  };
  const optional = async (what: string, verb: Verb, keep: () => Promise<string>): Promise<void> => {
    try {
      findings.push(fine(what, await keep()));
    } catch (error) {
      if (error instanceof TransferRefused) findings.push(note(what, `it has no ${verb}: ${error.why}`));
      else await promise(what, () => Promise.reject(error));
    }
  };

  await optional('describe says what it has', 'describe', async () => {
    const {name, options = []} = await plugin.ask('describe', {version: CONTRACT_VERSION});
    return `${name}: ${options.join(', ') || 'no options'}`;
  });
  const id = randomUUID();
  let task = '';
  const started = await promise('start gives a task', async () => {
    task = await begin(id, '.1');
    return task;
  });
  if (!started) return findings;
  await promise('start with the same id, again and twice at once, is the same task', async () => {
    const same = [await begin(id, '.1'), ...(await Promise.all([begin(id, '.1'), begin(id, '.1')]))];
    const other = same.find((each) => each !== task);
    return other === undefined ? task : broken(`it gave ${task}, and then ${other}`);
  });
  await promise('two starts at once with one new id are one task', async () => {
    const fresh = randomUUID();
    const [one, other] = await Promise.all([begin(fresh, '.2'), begin(fresh, '.2')]);
    if (one !== other) broken(`they gave ${one} and ${other}`);
    return one === task ? broken('another id gave the same task') : String(one);
  });
  await promise(
    'show answers for each task that it is asked about, and one that it does not know is unknown',
    async () => {
      const nobody = `no-such-task-${randomUUID()}`;
      const both = await show(nobody, task);
      if (both.get(nobody)?.state !== 'unknown') broken(`${nobody} is ${both.get(nobody)?.state ?? 'left out'}`);
      return both.has(task) ? `${task} is ${both.get(task)?.state}` : broken(`${task} is left out`);
    },
  );
  const ended = await promise('the file arrives', async () => {
    const end = await untilEnd(task);
    if (end.state !== 'succeeded') broken(`it ended as ${end.state}: ${end.error?.message ?? 'no reason was given'}`);
    return `${end.files ?? '?'} files, ${end.bytes ?? '?'} bytes`;
  });
  if (ended)
    await promise('start with the id of a task that has ended, and cancel of that task, change nothing', async () => {
      const again = await begin(id, '.1');
      if (again !== task) broken(`start gave ${again}`);
      await plugin.ask('cancel', {...base, task});
      const {state} = await shown(task);
      return state === 'succeeded' ? `${task} has succeeded` : broken(`it is ${state} now`);
    });
  await promise('cancel of a task that it does not know is no error', async () => {
    await plugin.ask('cancel', {...base, task: `no-such-task-${randomUUID()}`});
    return 'it is left as it is';
  });
  await promise('a task that is cancelled at once ends, and cancel twice is as once', async () => {
    const other = await begin(randomUUID(), '.3');
    await plugin.ask('cancel', {...base, task: other});
    await plugin.ask('cancel', {...base, task: other});
    const {state} = await untilEnd(other);
    return state === 'failed' ? broken('it ended as failed') : `it ended as ${state}`;
  });
  await promise('a source that is missing is refused, or fails, with a reason', async () => {
    try {
      const end = await untilEnd(await begin(randomUUID(), '.4', `${from.path}-that-is-missing`));
      if (end.state !== 'failed') broken(`it ended as ${end.state}`);
      return end.error?.message ?? broken('it failed, and gave no reason');
    } catch (error) {
      if (error instanceof TransferRefused || error instanceof SignInNeeded) return error.why ?? error.message;
      throw error;
    }
  });
  await optional('list has the tasks that were started', 'list', async () => {
    const {tasks} = await plugin.ask('list', {...base, limit: 100});
    return readTasks(tasks).has(task) ? `${tasks.length} tasks` : broken(`${task} is not among them`);
  });
  return findings;
}

const ENDS: readonly string[] = ['succeeded', 'failed', 'cancelled'];

function requestOf({from, to}: Trial, source: string, target: string): TransferRequest {
  return {
    label: 'stage transfer plugin-check',
    sourceCollection: from.collection,
    destinationCollection: to.collection,
    items: [{from: source, to: target, recursive: false}],
    options: {verifyChecksum: true, preserveTimestamp: false, encryptData: false},
  };
}
