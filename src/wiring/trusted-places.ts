import {join} from 'node:path';
import {loadConfig} from '../config/choose-profile.ts';
import {type Locations, locations} from '../config/locations.ts';
import {isClosed, requireTrusted, type Target, untrustedAt, untrustedIn, untrustedOwn} from '../disk/trust.ts';
import {isJobStoreName, type JobStore} from '../ledger/job-store.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {StateLayout} from '../ledger/state-directory.ts';
import {requireTrustedRun} from '../ledger/trusted-run.ts';

/** What of all runs is read, and acted on, or run. */
const PARTS = [
  'runs',
  'sealed',
  'resumed',
  'limits',
  'active',
  'packed',
  'late',
  'campaigns',
  'outputs',
  'monitor',
  'ways',
  'tokens',
  'cache',
] as const;

/**
 * To be called before anything is read: others could have put it there.
 *
 * @returns the directories above that the configuration says are trusted
 * @throws {NotTrusted} naming each file or directory that other users could change
 */
export function requireTrustedPlaces(where: Locations, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const parts = [where.cache, join(where.home, 'logs')].map(own);
  return requireTrustedTargets([{path: where.home, own: false}, ...parts], where, env);
}

/**
 * The same of whatever lies below the state directory. The configuration is read only where others may write above it,
 * and its own place is looked at before.
 */
export async function requireTrustedTargets(
  targets: readonly Target[],
  where: Locations,
  env: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  // A configuration that STAGE_CONFIG names elsewhere is its author's, who was chosen by whoever set it, as an installation is.
  const chosen = where.configFile !== locations({...env, STAGE_CONFIG: undefined}).configFile;
  const configuration = untrustedAt(chosen ? [] : [{path: where.configFile, own: false}]);
  const found = untrustedAt(targets);
  if (configuration.length > 0 || found.length === 0) {
    requireTrusted([...found, ...configuration]);
    return [];
  }
  const {trustedDirectories = []} = await loadConfig(where.configFile, Boolean(env.STAGE_CONFIG));
  requireTrusted(found, trustedDirectories);
  return trustedDirectories;
}

/**
 * The same of the state directory of a profile.
 *
 * @param trusted what `requireTrustedPlaces` returned
 * @throws {NotTrusted}
 */
export function requireTrustedState(layout: StateLayout, trusted: readonly string[]): void {
  const targets = [layout.home, ...PARTS.map((part) => layout[part]), join(layout.home, 'jobs')].map(own);
  requireTrusted(untrustedAt(targets), trusted);
}

const own = (path: string): Target => ({path, own: true});

/** A ledger that opens no run that others could have changed: such a run is set aside, as one that is damaged. */
export function trustedLedger<L extends Ledger>(ledger: L): L {
  return {
    ...ledger,
    open(run) {
      requireTrustedRun(ledger.layout, ledger.placeOf(run));
      return ledger.open(run);
    },
  };
}

/** The same of the jobs of "stage job submit": scripts and facts lie in a directory for each name. */
export function trustedJobs(store: JobStore, home: string): JobStore {
  const byName = join(store.directory, 'by-name');
  const requireOwn = (name: string) => {
    if (!isJobStoreName(name)) return;
    const closed = isClosed(home) || isClosed(store.directory) || isClosed(byName);
    requireTrusted([...untrustedOwn(byName), ...untrustedIn(join(byName, name), closed)]);
  };
  return {
    ...store,
    newest(name) {
      requireOwn(name);
      return store.newest(name);
    },
    prefix(name, number) {
      requireOwn(name);
      return store.prefix(name, number);
    },
  };
}
