import {mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as z from 'zod/mini';
import {newWord} from '../../base/ids.ts';
import {ensureDirectory} from '../../disk/directories.ts';
import {createFact} from '../../disk/facts.ts';
import {readFact} from '../../disk/read-fact.ts';
import {isOwnersAlone} from '../../disk/trust.ts';
import {EXIT, StageError} from '../../errors.ts';
import type {SignInStage} from '../../wiring/stage.ts';
import {type Finding, fine, problem, problemOf} from '../shared/findings.ts';
import {findOthers} from './find-others.ts';

/**
 * Try out on the actual directory what facts rely on.
 *
 * @param goOn told the directory that was worked in, with one fact in it, and what was found; it is removed afterwards
 */
export async function tryDirectory<T>(
  stage: SignInStage,
  goOn: (probe: string, found: readonly Finding[]) => Promise<T>,
): Promise<T> {
  const {home} = stage.ledger.layout;
  const gone = findGone(stage);
  const probe = join(home, `.check-${newWord()}`);
  try {
    return await goOn(probe, gone ? [gone] : [...tries(home, probe), findOthers(stage)]);
  } finally {
    rmSync(probe, {recursive: true, force: true});
  }
}

/** A state directory of which this host has a note is not created again, least of all to try things out. */
function findGone(stage: SignInStage): Finding | undefined {
  try {
    stage.requireState();
    return undefined;
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return problemOf(error, 'the state directory is not where it was');
  }
}

function tries(home: string, probe: string): Finding[] {
  return [
    tryOut(home, 'the state directory can be written', () => {
      ensureDirectory(probe);
      return home;
    }),
    tryOut(home, 'only you can read it', () => {
      const mode = statSync(home).mode & 0o777;
      return isOwnersAlone(mode)
        ? 'mode 0700'
        : `others can list it (mode ${mode.toString(8)}); runs and tokens below are of mode 0700`;
    }),
    tryOut(
      home,
      'files are created exclusively (write, fsync, link)',
      () =>
        createFact(probe, 'fact', {first: true}) &&
        !createFact(probe, 'fact', {first: false}) &&
        isFirst(probe) &&
        'the second creation was refused',
    ),
    tryOut(home, 'no directory is renamed onto another', () => {
      for (const name of ['one', 'two']) {
        mkdirSync(join(probe, name));
        writeFileSync(join(probe, name, 'file'), name);
      }
      try {
        renameSync(join(probe, 'one'), join(probe, 'two'));
      } catch {
        return readFileSync(join(probe, 'two', 'file'), 'utf8') === 'two' && 'the rename was refused';
      }
      return false;
    }),
  ];
}

function isFirst(probe: string): boolean {
  const read = readFact(probe, 'fact', {what: 'a probe', schema: z.looseObject({first: z.boolean()})});
  return read.is === 'whole' && read.value.first;
}

/** @param prove says in words what was seen; false when it is not so */
function tryOut(home: string, what: string, prove: () => string | false): Finding {
  try {
    const seen = prove();
    if (seen !== false) return fine(what, seen);
    return problem(what, `this failed in ${home}`, EXIT.unreachable, 'Put STAGE_HOME on another file system.');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const next = 'Correct its permissions or free some space, or put STAGE_HOME elsewhere.';
    return problem(what, `${home}: the system says ${code}`, EXIT.unreachable, next);
  }
}
