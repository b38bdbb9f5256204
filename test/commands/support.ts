import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, relative} from 'node:path';
import {afterEach, beforeEach} from 'vitest';
import {type Ran, type RunOptions, runStage} from '../support/cli.ts';
import {runWarm} from '../support/warm-stage.ts';

/** A directory of its own for a test of the command line; STAGE_HOME does not exist yet. */
export interface Desk {
  readonly directory: string;
  readonly home: string;
  /** a command, in a process that has run others before it */
  stage(...argv: (string | RunOptions)[]): Promise<Ran>;
  /** a command as a process of its own, from bin/stage on */
  process(...argv: (string | RunOptions)[]): Promise<Ran>;
  write(name: string, text: string): string;
  /** every path below STAGE_HOME with its contents, but for the log of stage itself; null while it does not exist */
  listing(): Record<string, string> | null;
}

/** A fresh desk for each test. */
export function useDesk(): Desk {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'stage-commands-'));
  });
  afterEach(() => rmSync(directory, {recursive: true, force: true}));
  function spelt(given: readonly (string | RunOptions)[]): [argv: string[], options: RunOptions] {
    const argv = given.filter((part) => typeof part === 'string');
    const options = given.find((part) => typeof part !== 'string');
    const env = {STAGE_HOME: desk.home, STAGE_PROFILE: 'local', XDG_CONFIG_HOME: join(directory, 'config')};
    return [argv, {cwd: directory, ...options, env: {...env, ...options?.env}}];
  }
  const desk: Desk = {
    get directory() {
      return directory;
    },
    get home() {
      return join(directory, 'home');
    },
    stage: (...given) => runWarm(...spelt(given)),
    process: (...given) => runStage(...spelt(given)),
    write(name, text) {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    },
    listing: () => listingOf(desk.home),
  };
  return desk;
}

function listingOf(home: string): Record<string, string> | null {
  if (!existsSync(home)) return null;
  return Object.fromEntries(
    readdirSync(home, {recursive: true, withFileTypes: true}).flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = relative(home, path);
      if (name === 'logs' || name.startsWith('logs/')) return [];
      const mode = (statSync(path).mode & 0o777).toString(8);
      return [[name, entry.isFile() ? `${mode} ${readFileSync(path, 'latin1')}` : mode]];
    }),
  );
}

export interface ErrorDocument {
  readonly error: {
    readonly code: string;
    readonly exit: number;
    readonly what: string;
    readonly next: readonly string[];
  };
}

/** What must never stand in an error for people: a stack, or the parser's state. */
export const INNARDS = /^\s+at .*[:(]\d+|node:internal|\[object Object\]|"parse"|"flags":|"raw":|undefined/m;
