import {join} from 'node:path';
import {NAME} from '../base/names.ts';
import {namesIn} from '../disk/facts.ts';
import type {RunOfCampaign} from '../ledger/run-facts.ts';
import {parseRunId, type RunId, runId, type StateLayout} from '../ledger/state-directory.ts';

/** Parts of `campaigns/NAME/`. docs/formats/ledger.md describes each. */
export interface CampaignLayout {
  readonly directory: string;
  /** one fact for each entry, by its number */
  readonly log: string;
  /** states after some entries: what can be made again from the log */
  readonly checkpoints: string;
  /** segments of items */
  readonly items: string;
  /** what the campaign does: workflow and parameters, a fact for each version */
  readonly definitions: string;
  /** scripts and batch files by their SHA-256: kept once for all runs */
  readonly scripts: string;
  /** runs that are being admitted, until they are moved to their place */
  readonly prepared: string;
}

export function campaignLayout({campaigns}: Pick<StateLayout, 'campaigns'>, name: string): CampaignLayout {
  const directory = join(campaigns, name);
  return {
    directory,
    log: join(directory, 'log'),
    checkpoints: join(directory, 'checkpoints'),
    items: join(directory, 'items'),
    definitions: join(directory, 'definitions'),
    scripts: join(directory, 'scripts'),
    prepared: join(directory, 'prepared'),
  };
}

/** Marks of campaigns that are to be looked at, `NAME~POSITION`. No campaign's name begins with a dot. */
export function openMarks({campaigns}: Pick<StateLayout, 'campaigns'>): string {
  return join(campaigns, '.open');
}

/** Names of all campaigns, those that have ended among them, in the order of the alphabet. */
export function campaignNames({campaigns}: Pick<StateLayout, 'campaigns'>): readonly string[] {
  return namesIn(campaigns)
    .filter((name) => NAME.test(name))
    .sort();
}

/** A number of six digits, or more where there are so many: names sort as numbers do. */
export function sixDigits(number: number): string {
  return String(number).padStart(6, '0');
}

/** What a campaign may be called: its runs have a hyphen and their number behind that. */
export const CAMPAIGN_NAME_LENGTH = 55;

/** The name that all tries of an item have as runs. */
export function itemRunName(campaign: string, number: number): string {
  return `${campaign}-${sixDigits(number)}`;
}

/** The run of one try of an item: `many-000017.1`. */
export function itemRunId(campaign: string, item: Pick<RunOfCampaign, 'number' | 'try'>): RunId {
  return runId(itemRunName(campaign, item.number), item.try);
}

/** Which item a run would be a try of, by its name alone. @returns undefined where the name has another form */
export function parseItemRun(
  run: RunId,
): {readonly campaign: string; readonly number: number; readonly try: number} | undefined {
  const {name = '', number: of = 0} = parseRunId(run) ?? {};
  const [, campaign = '', number] = /^(.+)-([0-9]{6,})$/.exec(name) ?? [];
  return campaign === '' ? undefined : {campaign, number: Number(number), try: of};
}
