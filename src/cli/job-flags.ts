import type {SubmitRequest} from '../app/jobs/submit-request.ts';
import type {JobArray} from '../base/job-array.ts';
import {unusableArgument} from '../base/qsub-arguments.ts';
import {configuresStage, isReserved, isTooLong, MAX_VARIABLE_BYTES, RESERVED} from '../base/script-environment.ts';
import {RequestWrong} from '../errors.ts';
import {readArrayRange} from '../workflow/model/array-range.ts';

/** The flags of `stage job submit`, as typed. */
export interface SubmitFlags {
  readonly name?: string | undefined;
  readonly again: boolean;
  readonly 'job-name'?: string | undefined;
  readonly queue?: string | undefined;
  readonly account?: string | undefined;
  readonly project?: string | undefined;
  readonly resource?: readonly string[] | undefined;
  readonly variable?: readonly string[] | undefined;
  readonly hold: boolean;
  readonly array?: string | undefined;
  readonly afterok?: readonly string[] | undefined;
  readonly afternotok?: readonly string[] | undefined;
  readonly afterany?: readonly string[] | undefined;
  readonly extra?: readonly string[] | undefined;
}

/** @throws {RequestWrong} for a flag that is not of the form it must have */
export function readSubmitFlags(script: string, flags: SubmitFlags): SubmitRequest {
  return {
    script,
    name: flags.name,
    again: flags.again,
    jobName: flags['job-name'],
    queue: flags.queue,
    account: flags.account,
    project: flags.project,
    resources: resourcesOf(flags.resource ?? []),
    variables: (flags.variable ?? []).map(variableOf),
    hold: flags.hold,
    array: flags.array === undefined ? undefined : arrayOf(flags.array),
    after: {afterok: flags.afterok ?? [], afternotok: flags.afternotok ?? [], afterany: flags.afterany ?? []},
    extra: usable(flags.extra ?? []),
  };
}

function usable(extra: readonly string[]): readonly string[] {
  const why = unusableArgument(extra);
  if (why !== undefined) throw new RequestWrong(`--extra ${extra.join(' ')} cannot be used`, {why});
  return extra;
}

function resourcesOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const [, name, value] = /^([A-Za-z]\w*)=(.+)$/.exec(word) ?? [];
      if (name === undefined || value === undefined) throw new RequestWrong(`-l ${word} is not NAME=VALUE`);
      return [name, value];
    }),
  );
}

/** These arrive mangled, or take the variables behind them along: measured on OpenPBS 23.06. */
function variableOf(word: string): string {
  const [, name] = /^([A-Za-z_]\w*)=/.exec(word) ?? [];
  if (name === undefined) throw new RequestWrong(`-v ${word} is not NAME=VALUE`);
  if (isReserved(name) && !configuresStage(name)) throw new RequestWrong(`-v ${name} cannot be set`, {why: RESERVED});
  if (isTooLong(name, word.slice(name.length + 1)))
    throw new RequestWrong(`-v ${name} cannot be sent to a job`, {
      why: `no program can be started with a variable of more than ${MAX_VARIABLE_BYTES} bytes`,
      next: ['Write the value into a file, and pass the name of the file.'],
    });
  if (/[,"'\\]|\s$/.test(word))
    throw new RequestWrong(`-v ${word} cannot be sent to a job`, {
      why: 'PBS does not carry commas, quotes, backslashes and blanks at the end of a value',
      next: ['Write the value into a file, and pass the name of the file.'],
    });
  return word;
}

function arrayOf(text: string): JobArray {
  const range = readArrayRange(text);
  if (typeof range === 'string')
    throw new RequestWrong(`--array ${text} is not FIRST-LAST[:STEP][%AT-ONCE]`, {why: range});
  return range;
}
