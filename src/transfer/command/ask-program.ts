import {basename, dirname} from 'node:path';
import type {Environment} from '../../base/environment.ts';
import {NOT_COMPILED, parseJson} from '../../base/json.ts';
import {oneLine} from '../../base/text.ts';
import {SignInNeeded, TransferRefused, TransferUnreachable} from '../../globus-errors.ts';
import type {CommandResult, RunCommand} from '../../process/run-command.ts';
import {ANSWERS, type Answer, PLUGIN_EXIT, Refusal, type Verb} from '../plugin-contract.ts';

/** How a program is asked. */
export interface ProgramSettings {
  readonly run: RunCommand;
  /** after which a question is given up; what it began may have happened */
  readonly timeoutMs: number;
  /** of this process; the program gets a few of its variables alone */
  readonly env: Environment;
  /** the Node.js that stage runs on: the last place where a program's `#!/usr/bin/env node` finds one */
  readonly node: string;
}

/** Characters of each stream: a thousand tasks of a kilobyte each. */
const MOST_OUTPUT = 2_000_000;

/** What tells a program where it is and whose credentials it may look for: names of files, and no secret. */
const PASSED =
  /^(HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|KRB5CCNAME|KRB5_CONFIG|SSH_AUTH_SOCK|X509_(USER_(PROXY|CERT|KEY)|CERT_DIR)|GLOBUS_LOCATION|PBS_(CONF_FILE|SERVER|DEFAULT|EXEC|JOBID))$/;

/** The environment of a program. Pure. */
export function environmentOfProgram(env: Environment, node: string): Record<string, string> {
  const passed = Object.entries(env).flatMap(([name, value]) =>
    PASSED.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return {...Object.fromEntries(passed), PATH: `${env.PATH ?? '/usr/local/bin:/usr/bin:/bin'}:${dirname(node)}`};
}

/**
 * Ask a program of the site one question: `PROGRAM VERB`, with JSON on its standard input and on its standard output.
 *
 * @throws {TransferRefused} {SignInNeeded} {TransferUnreachable} the last for all that is no answer: then nothing is concluded
 */
export async function askProgram<V extends Verb>(
  program: string,
  verb: V,
  question: object,
  {run, timeoutMs, env, node}: ProgramSettings,
): Promise<Answer<V>> {
  const done = await run(program, [verb], {
    stdin: `${JSON.stringify(question)}\n`,
    cwd: '/',
    environment: environmentOfProgram(env, node),
    timeoutMs,
    maxOutput: MOST_OUTPUT,
  });
  return readAnswer(program, verb, done);
}

/** What a program's end means. Pure. @throws as {@link askProgram} */
export function readAnswer<V extends Verb>(program: string, verb: V, done: CommandResult): Answer<V> {
  const asked = `${basename(program)} ${verb}`;
  const service = `The program ${program}`;
  const unreachable = (why: string, timedOut = false) => new TransferUnreachable(asked, why, {service, timedOut});
  const {exitCode, failure, notFound, timedOut, signal} = done;
  if (timedOut) throw unreachable('it did not end in time', true);
  if (notFound) throw unreachable('there is no such program on this host');
  if (failure !== undefined) throw unreachable(failure);
  if (signal !== undefined) throw unreachable(`it was ended by ${signal}`);
  const said = parseJson(done.stdout);
  if (exitCode === PLUGIN_EXIT.answered) {
    const read = ANSWERS[verb].safeParse(said, NOT_COMPILED);
    if (read.success) return read.data as Answer<V>; // the schema is that of the verb
    const {path = [], message = ''} = read.error.issues[0] ?? {};
    throw unreachable(
      said === undefined
        ? 'its answer is not JSON'
        : `its answer is not as agreed: ${path.join('.')} ${message}`.trim(),
    );
  }
  const {error} = Refusal.safeParse(said, NOT_COMPILED).data ?? {};
  const why = error?.message ?? lastLine(done.stderr) ?? `it ended with exit code ${exitCode}, and gave no reason`;
  const next = error?.next ? [error.next] : [];
  switch (exitCode) {
    case PLUGIN_EXIT.refused:
      throw new TransferRefused({asked, globusCode: error?.code ?? 'REFUSED', why, next, service});
    case PLUGIN_EXIT.actionNeeded:
      throw new SignInNeeded({what: `${service} needs you before it goes on`, why, next});
    case PLUGIN_EXIT.unreachable:
      throw unreachable(why);
    default:
      throw unreachable(`it ended with exit code ${exitCode}: ${why}`);
  }
}

function lastLine(text: string): string | undefined {
  const line = oneLine(text.trim().split('\n').at(-1) ?? '').slice(0, 500);
  return line === '' ? undefined : line;
}
