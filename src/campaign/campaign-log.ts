import {join} from 'node:path';
import {sleep} from '../base/time.ts';
import {ensureSubdirectory} from '../disk/directories.ts';
import {createFact, namesIn} from '../disk/facts.ts';
import {type FactRead, readFact} from '../disk/read-fact.ts';
import {removeIfPossible} from '../disk/whole-file.ts';
import {EXIT, StageError} from '../errors.ts';
import {LedgerDamaged} from '../ledger/damage.ts';
import type {CampaignLog} from './advance.ts';
import {type CampaignLayout, sixDigits} from './campaign-directory.ts';
import {CHECKPOINT, LOG_ENTRY} from './campaign-facts.ts';
import {type CampaignState, LogContradiction} from './fold.ts';
import {CHECKPOINT_EVERY, type LogFiles, readLog} from './read-log.ts';

const PAUSE_MS = 200;
const MOST_TRIES = 25;

/** Checkpoints that are kept; older ones can be made again from the log. */
const KEPT = 2;

/** The log of a campaign in files. @throws {LedgerDamaged} from its methods, when an entry cannot be used */
export function openCampaignLog(name: string, layout: CampaignLayout): CampaignLog & {readonly files: LogFiles} {
  const owner = {campaign: name};
  const files: LogFiles = {
    checkpoints: () => namesIn(layout.checkpoints).flatMap((file) => positionIn(file) ?? []),
    checkpoint(position) {
      const read = readFact(layout.checkpoints, sixDigits(position), CHECKPOINT, owner);
      if (read.is !== 'whole') return undefined; // it is made again
      const {active, retried, reopened, ...rest} = read.value;
      return {
        ...rest,
        retried: new Map(retried),
        reopened: new Map(reopened),
        active: new Map(active.map((item) => [item.number, item])),
      };
    },
    entry(position) {
      const entry = usable(readFact(layout.log, sixDigits(position), LOG_ENTRY, owner));
      if (!entry || entry.position === position) return entry;
      const path = join(layout.log, `${sixDigits(position)}.json`);
      throw damaged(path, `it is entry ${entry.position}, and stands in the place of another one`);
    },
  };
  const read = (known?: CampaignState): CampaignState => {
    const found = contradictionsAsDamage(layout, () => readLog(files, known));
    if (!found) throw damaged(join(layout.log, `${sixDigits(1)}.json`), 'it does not exist');
    if (found.since >= CHECKPOINT_EVERY) keepCheckpoint(found.state);
    return found.state;
  };
  const keepCheckpoint = (state: CampaignState): void => {
    try {
      ensureSubdirectory(layout.checkpoints);
      createFact(layout.checkpoints, sixDigits(state.position), {...owner, ...asJson(state)});
      const positions = files.checkpoints().toSorted((a, b) => b - a);
      for (const old of positions.slice(KEPT)) removeIfPossible(join(layout.checkpoints, `${sixDigits(old)}.json`));
    } catch {
      // The next process that reads the log makes one: a full disk must not end this look.
    }
  };
  return {
    files,
    read: async () => read(),
    async further(state) {
      for (let tries = 0; ; tries++) {
        const now = read(state);
        if (now.position > state.position) return now;
        // A network file system refuses the name of an entry at once, and may show it a little later.
        if (tries === MOST_TRIES) throw new EntryNotShown(name, state.position + 1);
        await sleep(PAUSE_MS);
      }
    },
    append: async (position, entry) => createFact(layout.log, sixDigits(position), {...entry, position, ...owner}),
  };
}

function asJson({active, retried, reopened, ...rest}: CampaignState) {
  return {...rest, retried: [...retried], reopened: [...reopened], active: [...active.values()]};
}

function positionIn(file: string): number | undefined {
  const [, digits] = /^([0-9]{6,})\.json$/.exec(file) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** @returns undefined where there is none (yet) */
export function usable<T>(read: FactRead<T>): T | undefined {
  if (read.is === 'whole') return read.value;
  if (read.is === 'absent') return undefined;
  throw new LedgerDamaged(read);
}

function damaged(path: string, why: string): LedgerDamaged {
  return new LedgerDamaged({is: 'damaged', path, why});
}

/** An entry that is whole, and does not follow from those before it. */
function contradictionsAsDamage<T>(layout: CampaignLayout, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof LogContradiction)) throw error;
    throw damaged(layout.log, `its entries contradict each other: ${error.message}`);
  }
}

/** Another process has made an entry, and the file system does not show it yet. */
class EntryNotShown extends StageError {
  constructor(campaign: string, position: number) {
    super({
      code: 'CAMPAIGN_ENTRY_NOT_SHOWN',
      exit: EXIT.conflict,
      what: `entry ${position} of the log of campaign ${campaign} is there, and cannot be read yet`,
      why: 'another process has just made it, and the file system shows it later to this host',
      next: ['Nothing is lost: the next look goes on. Or run the same command again.'],
    });
  }
}
