import {join} from 'node:path';
import {type Locations, locations} from '../config/locations.ts';
import {isClosed, requireTrusted, type Target, untrustedAt, untrustedIn, untrustedOwn} from '../disk/trust.ts';
import {isJobStoreName, type JobStore} from '../ledger/job-store.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {runLayout, type StateLayout} from '../ledger/state-directory.ts';
import {untrustedRun} from '../ledger/trusted-run.ts';

/** What of all runs is read, and acted on, or run. */
const PARTS = ['runs', 'sealed', 'resumed', 'late', 'monitor', 'tokens', 'cache'] as const;

/**
 * To be called before anything is read: others could have put it there.
 *
 * @throws {NotTrusted} naming each file or directory that somebody else could change
 */
export function requireTrustedPlaces(where: Locations, env: NodeJS.ProcessEnv): void {
  // A configuration that STAGE_CONFIG names elsewhere is its author's, who was chosen by whoever set it, as an installation is.
  const chosen = where.configFile !== locations({...env, STAGE_CONFIG: undefined}).configFile;
  requireTrusted(
    untrustedAt([
      {path: where.home, own: false},
      {path: where.cache, own: true},
      {path: join(where.home, 'logs'), own: true},
      ...(chosen ? [] : [{path: where.configFile, own: false}]),
    ]),
  );
}

/** The same of the state directory of a profile. @throws {NotTrusted} */
export function requireTrustedState(layout: StateLayout): void {
  requireTrusted(untrustedAt([layout.home, ...PARTS.map((part) => layout[part]), join(layout.home, 'jobs')].map(own)));
}

const own = (path: string): Target => ({path, own: true});

/** A ledger that opens no run that others could have changed. */
export function trustedLedger<L extends Ledger>(ledger: L): L {
  return {
    ...ledger,
    open(run) {
      requireTrusted(untrustedRun(ledger.layout, runLayout(ledger.layout, run)));
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
