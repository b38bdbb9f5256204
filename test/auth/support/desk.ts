import {chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';
import {type Ran, runStage} from '../../support/cli.ts';
import {type AtPage, type PersonsTurn, runWithPerson} from './person.ts';

export const CLIENT = '5b2f1d3c-0000-4000-8000-000000000009';

/** A configured command line with a state directory of its own. */
export interface SignInDesk {
  readonly directory: string;
  /** of token files */
  readonly tokens: string;
  env: Record<string, string>;
  stage(...argv: string[]): Promise<Ran>;
  /** with a person who follows the pages */
  login(argv?: readonly string[], atPage?: AtPage): Promise<PersonsTurn>;
  /** names of token files and turns */
  kept(): string[];
  /** a file that only its owner may read; @returns its path */
  secretFile(name: string, text: string): string;
}

/** @param transfer keys of `transfer:` in the profile, one a line */
export function signInDesk(url: string, transfer: readonly string[]): SignInDesk {
  const directory = mkdtempSync(join(tmpdir(), 'stage-sign-in-'));
  onTestFinished(async () => {
    // The profile's batch system is the stand-in: a command that asks it starts it.
    if (existsSync(join(directory, 'home', 'stand-ins'))) await desk.stage('local', 'down');
    rmSync(directory, {recursive: true, force: true, maxRetries: 5});
  });
  const tokens = join(directory, 'home', 'me', 'tokens');
  const config = join(directory, 'config.yaml');
  const lines = ['kind: globus', `auth_url: "${url}"`, `transfer_url: "${url}"`, ...transfer];
  writeFileSync(
    config,
    `default_profile: me\nprofiles:\n  me:\n    scheduler: local\n    transfer:\n${lines.map((line) => `      ${line}\n`).join('')}`,
  );
  const desk: SignInDesk = {
    directory,
    tokens,
    env: {STAGE_HOME: join(directory, 'home'), STAGE_CONFIG: config, HOME: directory},
    stage: (...argv) => runStage(argv, {env: desk.env, cwd: directory}),
    login: (argv = [], atPage) => runWithPerson(['login', ...argv], desk.env, atPage),
    kept: () => {
      try {
        return readdirSync(tokens).sort();
      } catch {
        return [];
      }
    },
    secretFile(name, text) {
      const file = join(directory, name);
      writeFileSync(file, text);
      chmodSync(file, 0o600);
      return file;
    },
  };
  return desk;
}
