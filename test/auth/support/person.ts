import {spawn} from 'node:child_process';
import {CLI, cleanEnvironment, type Ran} from '../../support/cli.ts';
import {visit} from '../../support/sign-in-page.ts';

export interface PersonsTurn extends Ran {
  /** the pages that were shown, in order */
  readonly pages: readonly string[];
}

/** What a person does with a page's address: gives the code to paste, or nothing when the page sends it back by itself. */
export type AtPage = (address: string) => Promise<string | undefined>;

/** Opens the page as a browser would that is allowed everything, and copies the code that is shown. */
export async function copyCode(address: string): Promise<string | undefined> {
  const page = await visit(address);
  return /id="auth-code">([^<]+)</.exec(page)?.[1];
}

/** Run a command, and be the person who reads what it shows on stderr, page after page. */
export async function runWithPerson(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  atPage: AtPage = copyCode,
): Promise<PersonsTurn> {
  const child = spawn(CLI, argv, {env: cleanEnvironment(env), stdio: 'pipe'});
  const pages: string[] = [];
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => {
    stdout += part;
  });
  child.stderr.on('data', (part) => {
    stderr += part;
    const shown = [...stderr.matchAll(/^(https?:\/\/\S+)\n/gm)].map((match) => String(match[1]));
    for (const address of shown.slice(pages.length)) {
      pages.push(address);
      atPage(address).then(
        (code) => code !== undefined && child.stdin.write(`${code}\n`),
        (error: unknown) => child.stdin.end(`no code: ${String(error)}\n`),
      );
    }
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  clearTimeout(limit);
  return {exitCode, stdout, stderr, pages, json: <T>() => JSON.parse(stdout) as T}; // each test names the shape it relies on
}
