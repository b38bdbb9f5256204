import {count} from '../../base/units.ts';
import type {Campaign} from '../../campaign/campaigns.ts';
import type {Change, ItemEnd} from '../../campaign/changes.ts';
import {endsOf} from '../../campaign/ends.ts';
import {type CampaignState, lastNumber, type Segment, tryOf} from '../../campaign/fold.ts';
import {
  compareItems,
  type ItemLine,
  type ItemsDifference,
  inSegments,
  replaceLines,
  standingOf,
} from '../../campaign/listed-items.ts';
import {RequestWrong} from '../../errors.ts';
import type {PreparedCampaign} from './prepare-campaign.ts';

/** A campaign as it is on record. */
export interface RecordedCampaign {
  readonly campaign: Campaign;
  readonly state: CampaignState;
  readonly segments: readonly {readonly segment: Segment; readonly lines: readonly ItemLine[]}[];
  readonly fingerprint: string;
  /** how items ended whose inputs may have changed since, by number */
  readonly endOf: (number: number) => ItemEnd | undefined;
}

export interface CampaignChoices {
  /** items that have not begun are to do what the file says by now */
  readonly update: boolean;
  /** items whose inputs have changed run again */
  readonly changed: boolean;
}

/** Lines that are to be kept as a segment, and what the log says of them then. */
export interface NewSegment {
  readonly about: Omit<Segment, 'segment'>;
  readonly lines: readonly ItemLine[];
}

/** What asking for a campaign comes to. */
export interface CampaignPlan {
  readonly do: 'create' | 'same' | 'change';
  /** the definition is recorded anew */
  readonly defines: boolean;
  readonly segments: readonly NewSegment[];
  readonly others: readonly Change[];
  /** what changes, in words */
  readonly changes: readonly string[];
  /** what a person should know of what does not */
  readonly notes: readonly string[];
}

export function readRecorded(campaign: Campaign, state: CampaignState): RecordedCampaign {
  let ends: ReturnType<typeof endsOf> | undefined;
  return {
    campaign,
    state,
    segments: state.segments.map((segment) => ({segment, lines: campaign.lines(segment)})),
    fingerprint: campaign.definition(state.definition).fingerprint,
    endOf(number) {
      ends ??= endsOf(campaign, state);
      return ends.get(number);
    },
  };
}

/**
 * What `stage campaign run` does, from what is recorded and what is asked. Pure.
 *
 * @throws {RequestWrong} where what is recorded is asked to do something else, and is not to be updated
 */
export function planCampaign(
  recorded: RecordedCampaign | undefined,
  asked: PreparedCampaign,
  choices: CampaignChoices,
): CampaignPlan {
  if (!recorded) {
    const segments = inSegments(1, asked.items);
    const changes = [`${count(asked.items.length, 'item')} are recorded`];
    return {do: 'create', defines: true, segments, others: [], changes, notes: []};
  }
  const {state} = recorded;
  const difference = compareItems(recorded.segments, asked.items);
  const different = differences(recorded, asked, difference);
  if (different.length > 0 && !choices.update) throw new CampaignDiffers(asked.name, different);
  const lines = [...difference.changed, ...(choices.changed ? difference.inputsChanged : [])];
  const gone = difference.gone.filter((number) => standingOf(state, number) === 'waiting');
  const dropped = choices.update ? gone : [];
  const again = choices.changed ? changedInputs(recorded, difference) : {retried: [], active: []};
  const segments = [...replaceLines(recorded.segments, lines), ...inSegments(lastNumber(state) + 1, difference.added)];
  const others = [...dropped.map((number): Change => ({is: 'dropped', number})), ...again.retried];
  const defines = definesAnew(recorded, asked);
  const nothing = !defines && segments.length + others.length === 0;
  return {
    do: nothing ? 'same' : 'change',
    defines,
    segments,
    others,
    changes: [
      ...different,
      ...(difference.added.length > 0 ? [`${count(difference.added.length, 'new item')}`] : []),
      ...(again.retried.length > 0
        ? [
            `${count(again.retried.length, 'item')} ${again.retried.length === 1 ? 'runs' : 'run'} again: inputs have changed`,
          ]
        : []),
    ],
    notes: [
      ...notesOn(difference, choices, gone.length),
      ...(again.active.length > 0
        ? [
            `items ${named(again.active)} are active, and their inputs have changed: run the command again when they have ended`,
          ]
        : []),
    ],
  };
}

function changedInputs({state, endOf}: RecordedCampaign, {inputsChanged}: ItemsDifference) {
  const numbers = inputsChanged.map(({number}) => number);
  const retried = numbers.flatMap((number): Extract<Change, {is: 'retried'}>[] => {
    const was = standingOf(state, number) === 'ended' ? endOf(number) : undefined;
    return was ? [{is: 'retried', number, try: tryOf(state, number) + 1, was}] : [];
  });
  return {retried, active: numbers.filter((number) => standingOf(state, number) === 'active')};
}

function definesAnew({state, fingerprint}: RecordedCampaign, {definition, bounds}: PreparedCampaign): boolean {
  const {maxActive, prefetch, pauseAfter} = state.bounds;
  return (
    fingerprint !== definition.fingerprint ||
    maxActive !== bounds.maxActive ||
    prefetch !== bounds.prefetch ||
    pauseAfter !== bounds.pauseAfter
  );
}

/** What is asked for otherwise than it is recorded, in words. New items are none of it. */
function differences(
  {state, fingerprint}: RecordedCampaign,
  {definition, bounds}: PreparedCampaign,
  {changed}: ItemsDifference,
): string[] {
  const bound = (name: string, was: number | undefined, is: number | undefined): string[] =>
    was === is ? [] : [`${name}: ${was ?? 'not set'} -> ${is ?? 'not set'}`];
  return [
    ...(fingerprint === definition.fingerprint ? [] : ['the workflow, one of its scripts, or what they refer to']),
    ...bound('max_active', state.bounds.maxActive, bounds.maxActive),
    ...bound('prefetch', state.bounds.prefetch, bounds.prefetch),
    ...bound('pause_after', state.bounds.pauseAfter, bounds.pauseAfter),
    ...(changed.length > 0 ? [`items ${named(changed.map(({number}) => number))}: parameters or priority`] : []),
  ];
}

function notesOn(
  {gone, inputsChanged}: ItemsDifference,
  {update, changed}: CampaignChoices,
  waiting: number,
): string[] {
  const left = update ? gone.length - waiting : gone.length;
  return [
    ...(left > 0 ? [`${count(left, 'item')} on record are not in the file any more: they stay as they are`] : []),
    ...(update && waiting > 0
      ? [`${count(waiting, 'item')} that waited are not in the file any more: they do not run`]
      : []),
    ...(!changed && inputsChanged.length > 0
      ? [`the inputs of ${count(inputsChanged.length, 'item')} have changed: with --changed they run again`]
      : []),
  ];
}

/** `3, 7, 9 and 12 more` */
export function named(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 5).join(', ');
  return numbers.length > 5 ? `${shown} and ${numbers.length - 5} more` : shown;
}

/** A campaign of this name exists, and does something else. */
class CampaignDiffers extends RequestWrong {
  constructor(name: string, details: readonly string[]) {
    super(`campaign ${name} exists, and differs from this file`, {
      code: 'CAMPAIGN_DIFFERS',
      details,
      why: 'a campaign is identified by its name; new items are no difference, and the differences are listed above',
      next: [
        'Let items that have not begun do what the file says now: the same command with --update',
        'Or give the new one another name: campaign: in the file',
      ],
    });
  }
}
