import {Command, Errors, Flags, type Interfaces} from '@oclif/core';
import {errorDocument, renderError} from '../app/shared/render-error.ts';
import {ofThePlace} from '../app/shared/system-error.ts';
import {hasWideLetters, loadWidths, type Style, spelt, wrapped} from '../app/shared/text-layout.ts';
import {shown, visible, visibleLine} from '../base/visible.ts';
import {EXIT, StageError} from '../errors.ts';
import type {ProcessOfStage} from '../ledger/troubles.ts';
import type {Log} from '../log/log.ts';
import type {StandIns} from '../stand-ins/door.ts';
import type {Stage} from '../wiring/stage.ts';
import {inWords, writeDocument, writeForShell, writeLines, writeText} from './output.ts';
import {styleOf} from './style.ts';
import {requireWords, type Taken, usageError} from './usage-error.ts';

/** Commands that show runs cut ids of jobs and tasks to what tells them apart. */
export const idsFlag = Flags.boolean({description: 'show full ids of jobs and tasks'});

/**
 * What all commands share: the flags every command has, and the one place where errors are shown.
 *
 * oclif takes the exit from `error.oclif.exit` in text but from `error.exitCode` in JSON, never prints a
 * field like `why`, and dumps its parse state in JSON. So errors end here, in both forms alike.
 */
export abstract class StageCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = {
    profile: Flags.string({
      description: 'where work goes: a profile of the configuration, or "local"',
      env: 'STAGE_PROFILE',
      helpGroup: 'GLOBAL',
    }),
    verbose: Flags.boolean({
      description: 'write the log of stage (requests, decisions, actions) to standard error',
      helpGroup: 'GLOBAL',
    }),
    ascii: Flags.boolean({
      description: 'use only ASCII characters [default: when the locale is not UTF-8]',
      helpGroup: 'GLOBAL',
    }),
  };

  #log: Log | undefined;
  readonly #began = performance.now();

  /** Open the state directory, PBS and Globus of a profile. */
  protected async connect(
    profile: string | undefined,
    options: {readonly process?: ProcessOfStage | undefined} = {},
  ): Promise<Stage> {
    const {openStage} = await import('../wiring/open.ts');
    const stage = await openStage({
      profile,
      cliVersion: this.config.version,
      command: this.commandName(),
      verbose: this.argv.includes('--verbose') ? (line) => writeText(process.stderr, line) : undefined,
      ...options,
    });
    this.#log = stage.log;
    stage.log.write('info', 'command.start', {version: this.config.version, arguments: wordsToLog(this.argv)});
    return stage;
  }

  /** What opens a PBS that no profile speaks of yet. */
  protected async openSite(): Promise<typeof import('../wiring/open-pbs.ts').openSite> {
    return (await import('../wiring/open-pbs.ts')).openSite;
  }

  /** The stand-ins of this state directory; starts nothing. */
  protected async standIns(): Promise<StandIns> {
    const {standInsHere} = await import('../wiring/stand-ins.ts');
    return standInsHere(this.config.version);
  }

  /** Print a result for people, wrapped to the terminal; under --json it is not even put into words. */
  protected async say<T>(report: T, render: (report: T) => string): Promise<void> {
    await this.show(report, (seen, style) => wrapped(spelt(render(seen), style), style));
  }

  /** The same for what is laid out by its own renderer. */
  protected async show<T>(report: T, render: (report: T, style: Style) => string): Promise<void> {
    if (this.jsonEnabled()) return;
    const style = this.style(process.stdout);
    const laidOut = () => inWords(report, (seen) => render(seen, style), style);
    const text = laidOut();
    this.#print(spelt(hasWideLetters(text) ? await loadWidths().then(laidOut) : text, style), style);
  }

  /**
   * The same for lines that are names, or output of jobs: not wrapped, and spelt as they are.
   *
   * @param tabs part columns in what programs wrote
   */
  protected print<T>(report: T, render: (report: T, style: Style) => string, {tabs = false} = {}): void {
    if (this.jsonEnabled()) return;
    const style = this.style(process.stdout);
    const text = render(shown(report, tabs ? visibleLine : visible), style);
    if (text !== '') this.#print(text, style);
  }

  /** Say something on standard error, beside the result: what is going on, or where a listing begins. */
  protected note(...lines: readonly string[]): void {
    if (!this.jsonEnabled()) writeLines(process.stderr, lines);
  }

  /** Lines for a shell, by `eval`. */
  protected forShell(...lines: readonly string[]): void {
    if (!this.jsonEnabled()) writeForShell(process.stdout, lines);
  }

  #print(text: string, {colour}: Style): void {
    writeText(process.stdout, text, colour);
  }

  /** Nothing goes past `say`, `show`, `print` and `note`: no text fits here. */
  override log(_: never): never {
    throw new TypeError('commands say what they say by src/cli/output.ts');
  }

  /** @see log */
  override logToStderr(_: never): never {
    throw new TypeError('commands say what they say by src/cli/output.ts');
  }

  /** How to write on a stream, as the flags and the environment ask for. */
  protected style(stream: NodeJS.WriteStream): Style {
    return styleOf(stream, {ascii: this.argv.includes('--ascii'), ids: this.argv.includes('--ids')});
  }

  /** oclif colours JSON for people; ours is for programs, and may be long: laid out only in a terminal. */
  protected override logJson(document: unknown): void {
    writeDocument(document, process.stdout.isTTY ? 2 : undefined);
  }

  /** Arguments are taken from the command line alone: what comes on standard input is a list for `--batch -`. */
  protected override async parse<
    F extends Interfaces.OutputFlags<F>,
    B extends Interfaces.OutputFlags<B>,
    A extends Interfaces.OutputArgs<A>,
  >(options?: Interfaces.Input<F, B, A>, argv = this.argv): Promise<Interfaces.ParserOutput<F, B, A>> {
    for (const arg of Object.values<{ignoreStdin?: boolean}>(options?.args ?? {})) arg.ignoreStdin = true;
    const parsed = await super.parse<F, B, A>(options, argv);
    requireWords(parsed, this.#taken());
    return parsed;
  }

  /** What this command takes, for errors that tell it. */
  #taken(): Taken {
    const {args = {}, baseFlags = {}, flags = {}, strict} = this.ctor;
    const json = {type: 'boolean'};
    return {command: this.commandName(), args, flags: {...baseFlags, ...flags, json}, many: strict === false};
  }

  protected override async catch(thrown: unknown): Promise<void> {
    if (thrown instanceof Errors.ExitError) {
      process.exitCode = thrown.oclif.exit;
      return;
    }
    const error = asStageError(thrown, this.#taken());
    this.#log?.write('error', 'command.error', {code: error.code, what: error.message, why: error.why});
    if (hasWideLetters(error.message)) await loadWidths();
    showError(error, {json: this.jsonEnabled(), style: this.style(process.stderr)});
  }

  protected override async finally(): Promise<void> {
    const ms = Math.round(performance.now() - this.#began);
    this.#log?.write('info', 'command.end', {exit: Number(process.exitCode ?? 0), ms});
    await this.#log?.end();
  }

  private commandName(): string {
    return (this.id ?? '').replaceAll(':', ' ');
  }
}

/** What was typed, without the values of flags: one may be a code to sign in with. */
function wordsToLog(argv: readonly string[]): string {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  const kept = words.flatMap((word, at) => {
    if (word.startsWith('-')) return [word.split('=', 1)[0] ?? ''];
    return words[at - 1]?.startsWith('-') ? [] : [word]; // it may be the value of the flag before it
  });
  return kept.join(' ');
}

/** Show an error on the stream its form belongs to, and set the exit code. */
export function showError(error: StageError, form: {readonly json: boolean; readonly style?: Style}): void {
  const style = form.style ?? styleOf(process.stderr);
  if (form.json) writeDocument(errorDocument(error), 2);
  else writeText(process.stderr, renderError(shown(errorDocument(error).error), style), style.colour);
  if (error.cause !== undefined && debugging()) writeText(process.stderr, stackOf(error));
  process.exitCode = error.exit;
}

/**
 * Whatever was thrown, as an error of ours: oclif's complaints about flags are wrong requests, the rest are defects.
 *
 * @param taken by the command that it was thrown in
 */
export function asStageError(thrown: unknown, taken?: Taken): StageError {
  if (thrown instanceof StageError) return thrown;
  if (thrown instanceof Errors.CLIError) return usageError(thrown, taken);
  return ofThePlace(thrown) ?? defect(thrown);
}

function defect(thrown: unknown): StageError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new StageError({
    code: 'DEFECT',
    exit: EXIT.defect,
    what: 'internal error in stage',
    why: message.split('\n')[0],
    next: ['Run it again with DEBUG=stage* to see where, and report it.', 'What was recorded before is intact.'],
    cause: thrown,
  });
}

function debugging(): boolean {
  return (process.env.DEBUG ?? '').startsWith('stage');
}

function stackOf(error: StageError): string {
  const cause = error.cause;
  return (cause instanceof Error ? cause.stack : error.stack) ?? '';
}
