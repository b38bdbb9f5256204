import type {Way} from '../../../base/task-request.ts';
import {EXIT, StageError} from '../../../errors.ts';
import {TransferRefused} from '../../../globus-errors.ts';
import {CONTRACT_VERSION, PLUGIN_OPTIONS, type PluginOption, type WaysHere} from '../../../transfer/plugin-contract.ts';
import {transferInWords} from '../../../workflow/model/transfer-options.ts';
import type {TransferStep, Workflow} from '../../../workflow/model/workflow.ts';
import {type Finding, fine, note, problem, problemOf} from '../findings.ts';

/** Whether the ways other than Globus can be gone that a workflow goes: what they need is on this host, and has the options asked for. */
export async function findWays(ways: WaysHere, {steps}: Workflow): Promise<Finding[]> {
  const transfers = steps.flatMap((step) => (step.kind === 'transfer' && step.via ? [{...step, via: step.via}] : []));
  const programs = [...new Set(transfers.flatMap(({via}) => (via.by === 'command' ? [via.program] : [])))];
  const copies = transfers.some(({via}) => via.by === 'copy');
  const found = await Promise.all(
    programs.map((program) =>
      findProgram(
        ways,
        program,
        transfers.filter(({via}) => goesBy(via, program)),
      ),
    ),
  );
  return [...(copies ? await findCopy(ways) : []), ...found.flat()];
}

function goesBy(via: Way, program: string): boolean {
  return via.by === 'command' && via.program === program;
}

async function findCopy(ways: WaysHere): Promise<Finding[]> {
  if (await ways.has('rsync')) return [fine('rsync is there for via: copy', 'on this host')];
  const why = 'a copy is made by rsync, on the nodes of the staging jobs; it was looked for on this host alone';
  return [note('there is no rsync on this host', why, 'See that the nodes of the staging jobs have it.')];
}

async function findProgram(ways: WaysHere, program: string, steps: readonly TransferStep[]): Promise<Finding[]> {
  const missing = await ways.why(program);
  if (missing !== undefined)
    return [
      problem(
        `the program ${program} cannot be run`,
        missing,
        EXIT.usage,
        'Correct "program", or install it on all hosts where stage runs.',
      ),
    ];
  try {
    const plugin = await ways.plugin(program);
    const {name, options = []} = await plugin.ask('describe', {version: CONTRACT_VERSION});
    const lacking = steps.flatMap((step) => lackingOf(step, name, options));
    return lacking.length > 0 ? lacking : [fine(`${name} answers`, program)];
  } catch (error) {
    if (error instanceof TransferRefused) return steps.flatMap((step) => lackingOf(step, program, []));
    if (!(error instanceof StageError)) throw error;
    if (error.exit === EXIT.unreachable)
      return [{...note(error.message, error.why ?? '', ...error.next), exit: EXIT.unreachable}];
    return [problemOf(error)];
  }
}

/** The options of a step that its program does not say it has. */
function lackingOf(step: TransferStep, name: string, options: readonly string[]): Finding[] {
  const said = transferInWords(step);
  const asked: Readonly<Partial<Record<PluginOption, unknown>>> = {
    ...said,
    // It is on by default: a program that does not compare checksums cannot be kept from being asked to.
    verify_checksum: undefined,
    recursive: step.recursive,
    items: (step.items?.length ?? 0) > 1,
    external_checksum: step.items?.some(({checksum}) => checksum !== undefined),
  };
  const lacking = PLUGIN_OPTIONS.filter((option) => asked[option] && !options.includes(option));
  return lacking.map((option) =>
    problem(
      `step ${step.name}: ${option} is an option that ${name} does not have`,
      options.length > 0 ? `it has ${options.join(', ')}` : 'it says that it has none',
      EXIT.usage,
      'Leave it out, or name another way under "via".',
    ),
  );
}
