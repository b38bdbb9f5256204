import {join} from 'node:path';
import {newWord} from '../base/ids.ts';
import {ensureDirectory, ensureSubdirectory} from '../disk/directories.ts';
import {createFact, isThere, namesIn} from '../disk/facts.ts';
import {readFact} from '../disk/read-fact.ts';
import {removeIfPossible} from '../disk/whole-file.ts';
import {LedgerDamaged, missing} from '../ledger/damage.ts';
import type {StateLayout} from '../ledger/state-directory.ts';
import type {CampaignLog} from './advance.ts';
import {type CampaignLayout, campaignLayout, campaignNames, openMarks, sixDigits} from './campaign-directory.ts';
import {DEFINITION, type Definition, SEGMENT} from './campaign-facts.ts';
import {openCampaignLog, usable} from './campaign-log.ts';
import type {LogEntry} from './changes.ts';
import {accounts, type CampaignState, type Segment} from './fold.ts';
import {type ItemWorkflow, itemWorkflows} from './item-workflow.ts';
import type {ItemLine} from './listed-items.ts';

/** A campaign on disk. Its methods throw {LedgerDamaged} where a fact of it cannot be used. */
export interface Campaign {
  readonly name: string;
  readonly layout: CampaignLayout;
  readonly log: CampaignLog;
  /** all entries up to a state, in their order: for people, who ask about what has ended */
  entries(state: CampaignState): readonly LogEntry[];
  definition(id: string): Definition;
  /** the workflow of this definition, for the parameters of one item after another */
  workflows(id: string): (params: Readonly<Record<string, string>>) => ItemWorkflow;
  /** the lines of a segment, in the order of their numbers */
  lines(segment: Segment): readonly ItemLine[];
  /** Keep a definition, or a segment. @returns its name, by which the log speaks of it */
  keepDefinition(definition: Definition): string;
  keepLines(lines: readonly ItemLine[]): string;
}

/** The campaigns of a state directory. */
export interface Campaigns {
  /** names of all, those that have ended among them */
  names(): readonly string[];
  /** those that looks look at, with the positions of their marks */
  open(): ReadonlyMap<string, readonly number[]>;
  /** @returns undefined where there is none of this name */
  find(name: string): Campaign | undefined;
  /** Make the directory of a campaign; the first entry of its log makes it one. */
  create(name: string): Campaign;
  /** To be called before an entry is made after which looks are to look at the campaign. */
  mark(name: string, position: number): void;
  /** Nothing is left to be looked at, as far as this state says: marks for later entries stay. */
  unmark(name: string, state: CampaignState): void;
}

export function openCampaigns(state: Pick<StateLayout, 'campaigns' | 'home'>): Campaigns {
  const marks = openMarks(state);
  return {
    names: () => campaignNames(state).filter((name) => hasBegun(campaignLayout(state, name))),
    open() {
      const open = new Map<string, number[]>();
      for (const file of namesIn(marks)) {
        const [, name = '', position] = /^([^.~]+)~([0-9]+)\.json$/.exec(file) ?? [];
        if (name !== '') open.set(name, [...(open.get(name) ?? []), Number(position)]);
      }
      return open;
    },
    find(name) {
      const layout = campaignLayout(state, name);
      return hasBegun(layout) ? campaignIn(name, layout) : undefined;
    },
    create(name) {
      ensureDirectory(state.home);
      const layout = campaignLayout(state, name);
      for (const directory of [state.campaigns, marks, ...Object.values<string>({...layout})])
        ensureSubdirectory(directory);
      return campaignIn(name, layout);
    },
    mark(name, position) {
      createFact(marks, `${name}~${position}`, {campaign: name});
    },
    unmark(name, {position}) {
      for (const at of this.open().get(name) ?? [])
        if (at <= position) removeIfPossible(join(marks, `${name}~${at}.json`));
    },
  };
}

function hasBegun({log}: CampaignLayout): boolean {
  return isThere(log, sixDigits(1));
}

function campaignIn(name: string, layout: CampaignLayout): Campaign {
  const log = openCampaignLog(name, layout);
  const owner = {campaign: name};
  const known = new Map<string, ReturnType<Campaign['workflows']>>();
  const definition = (id: string): Definition => {
    const found = usable(readFact(layout.definitions, id, DEFINITION, owner));
    if (!found) throw new LedgerDamaged(missing(join(layout.definitions, `${id}.json`)));
    return found;
  };
  return {
    name,
    layout,
    log,
    entries: ({position}) =>
      Array.from({length: position}, (_, index) => {
        const entry = log.files.entry(index + 1);
        if (!entry) throw new LedgerDamaged(missing(join(layout.log, String(index + 1))));
        return entry;
      }),
    definition,
    workflows(id) {
      const found = known.get(id) ?? itemWorkflows(definition(id), layout.scripts);
      known.set(id, found);
      return found;
    },
    lines({segment, count}) {
      const path = join(layout.items, `${segment}.json`);
      const found = usable(readFact(layout.items, segment, SEGMENT, owner));
      if (found?.lines.length === count) return found.lines;
      throw new LedgerDamaged(found ? {is: 'damaged', path, why: `it does not hold ${count} items`} : missing(path));
    },
    keepDefinition: (value) => keep(layout.definitions, {...value, ...owner}),
    keepLines: (lines) => keep(layout.items, {...owner, lines}),
  };
}

function keep(directory: string, value: Readonly<Record<string, unknown>>): string {
  const name = newWord();
  createFact(directory, name, value);
  return name;
}

/** Something of it is to be looked at: an item waits, or is active. */
export function isOpen(state: CampaignState): boolean {
  const {waiting, active} = accounts(state);
  return active > 0 || (waiting > 0 && !state.cancelled);
}
