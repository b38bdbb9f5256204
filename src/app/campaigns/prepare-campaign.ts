import {lstatSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {basename, dirname, isAbsolute, join, resolve} from 'node:path';
import {walltimeSeconds} from '../../base/walltime.ts';
import type {Definition, KeptFile} from '../../campaign/campaign-facts.ts';
import {type CampaignAsked, CampaignInvalid, readCampaign} from '../../campaign/file/read-campaign.ts';
import type {ListedFile, SourcePorts} from '../../campaign/file/sources.ts';
import {sha256Of} from '../../campaign/item-workflow.ts';
import {RequestWrong, StageError} from '../../errors.ts';
import {readDirectives} from '../../scheduler/directives/read-directives.ts';
import type {RunsStage} from '../../wiring/stage.ts';
import {parseWorkflow} from '../../workflow/file/load.ts';
import {WorkflowInvalid} from '../../workflow/file/problems.ts';
import type {ReadText} from '../../workflow/file/read-batches.ts';
import {canonicalJson} from '../../workflow/model/fingerprint.ts';
import type {PlaceNames} from '../../workflow/model/places.ts';
import type {Workflow} from '../../workflow/model/workflow.ts';
import {readingPlaces, resolvePlaces} from '../places/place-names.ts';
import {environmentKept} from '../shared/environment-kept.ts';
import {type PreparedWorkflow, readScript, withScripts} from '../shared/prepare-run.ts';
import {fileReason, readBatchFile} from '../shared/read-batch-file.ts';
import {readOnce} from '../shared/read-once.ts';

/** A campaign that was checked as far as that goes without PBS. */
export interface PreparedCampaign extends CampaignAsked {
  /** contents of all scripts and batch files that any item names */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** what is recorded of them and the workflow; who recorded it, and when, come later */
  readonly definition: Omit<Definition, 'at' | 'by' | 'maxQueued'>;
  /** the run of the first item, as it would be */
  readonly first: PreparedWorkflow;
}

/** Items that have one mistake in common are named up to so many. */
const NAMED = 3;
/** Of the mistakes of a campaign so many are shown. */
const SHOWN = 30;

/**
 * Read a campaign file, its items, and the workflow with the parameters of each of them. Changes nothing.
 *
 * @throws {CampaignInvalid} {RequestWrong} with every mistake of every item
 */
export async function prepareCampaign(stage: RunsStage, file: string): Promise<PreparedCampaign> {
  const text = readFile(file, 'the campaign file');
  const directory = dirname(resolve(file));
  const asked = await readCampaign({text, file, directory}, sourcePorts(stage));
  const workflowPath = resolve(directory, asked.workflow);
  const workflowFile = isAbsolute(asked.workflow) ? asked.workflow : join(dirname(file), asked.workflow);
  const source = {
    text: readFile(workflowPath, 'the workflow file'),
    file: workflowFile,
    directory: dirname(workflowPath),
  };
  const files = new Map<string, Uint8Array>();
  const readText = readOnce((path: string) => {
    const read = readBatchFile(path);
    if ('text' in read) files.set(path, Buffer.from(read.text));
    return read;
  });
  const load = parseWorkflow(source);
  const readJob = readOnce((path: string) => {
    const content = readScript(path);
    if (typeof content !== 'string') files.set(path, content);
    return content;
  });
  const {collections, workflows, prepared} = await readingPlaces(stage, (names) => {
    const mistakes = new ItemMistakes(file, asked);
    const workflows = readAll(asked, load, {names, readText}, mistakes);
    const prepared = workflows.flatMap(({index, workflow}) => {
      const one = mistakes.of(index, () => withScripts(workflow, stage.profile.compute, readJob));
      return one ? [one] : [];
    });
    mistakes.throwIfAny();
    return {collections: names.collections, workflows: workflows.map(({workflow}) => workflow), prepared};
  });
  const [first] = prepared;
  if (!first) throw new RangeError('a campaign has an item'); // its schema says so
  const kept = Object.fromEntries([...files].map(([path, content]) => [path, keptFile(content)]));
  const bookmarks = Object.assign(
    {},
    ...workflows.map((workflow) => workflow.bookmarks ?? {}),
  ) as Definition['bookmarks'];
  const parts = {workflow: source, files: kept};
  return {
    ...asked,
    files,
    first,
    definition: {
      ...parts,
      collections,
      bookmarks,
      paths: stage.profile.paths,
      environment: environmentOf(prepared),
      profile: stage.profile.name,
      crossReservations: asked.crossReservations || undefined,
      fingerprint: sha256Of(canonicalJson({...parts, bookmarks, crossReservations: asked.crossReservations})),
    },
  };
}

/** The workflow with the parameters of each item, where that is right. */
function readAll(
  {items}: CampaignAsked,
  load: ReturnType<typeof parseWorkflow>,
  {names, readText}: {readonly names: PlaceNames; readonly readText: ReadText},
  mistakes: ItemMistakes,
): readonly {readonly index: number; readonly workflow: Workflow}[] {
  return items.flatMap(({params}, index) => {
    const workflow = mistakes.of(index, () => load({...names, params, readText}));
    return workflow ? [{index, workflow}] : [];
  });
}

/** A mistake in the parameters of a workflow, as the campaign file has them. */
function asOfACampaign(mistake: string): string {
  return mistake
    .replace(/^--param (\S+):/, 'params.$1:')
    .replace(/; add --param (\S+)=VALUE/, '; add $1 under params of the campaign file');
}

/** Mistakes of items, each told once, with the items that have it. */
class ItemMistakes {
  readonly #items = new Map<string, number[]>();
  readonly #file: string;
  readonly #asked: CampaignAsked;

  constructor(file: string, asked: CampaignAsked) {
    this.#file = file;
    this.#asked = asked;
  }

  /** What is made for an item. @returns undefined where that is wrong, which is noted */
  of<T>(index: number, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof WorkflowInvalid || error instanceof RequestWrong)) throw error;
      for (const mistake of error.details.map(asOfACampaign)) {
        const items = this.#items.get(mistake) ?? [];
        items.push(index);
        this.#items.set(mistake, items);
      }
      return undefined;
    }
  }

  throwIfAny(): void {
    if (this.#items.size === 0) return;
    const details = [...this.#items].map(([mistake, items]) => `${mistake} (${this.#named(items)})`);
    const more = details.length - SHOWN;
    throw new CampaignInvalid(this.#file, [...details.slice(0, SHOWN), ...(more > 0 ? [`and ${more} more`] : [])]);
  }

  #named(items: readonly number[]): string {
    if (items.length === this.#asked.items.length && items.length > 1) return 'all items';
    const named = items.slice(0, NAMED).map((index) => `item ${index + 1} at ${this.#asked.at(index)}`);
    return [...named, ...(items.length > NAMED ? [`and ${items.length - NAMED} more items`] : [])].join(', ');
  }
}

function keptFile(content: Uint8Array): KeptFile {
  const {rerunnable, hold, resources} = readDirectives(new TextDecoder().decode(content));
  return {
    sha256: sha256Of(content),
    once: rerunnable === false || undefined,
    holds: hold || undefined,
    walltimeSeconds: resources.walltime === undefined ? undefined : walltimeSeconds(resources.walltime),
  };
}

/** What the scripts of any item have of this process's environment. */
function environmentOf(prepared: readonly PreparedWorkflow[]): Definition['environment'] {
  const known = new Set<string>();
  const different = prepared.filter(({scriptHashes}) => {
    const scripts = Object.values(scriptHashes).join(' ');
    return !known.has(scripts) && known.add(scripts);
  });
  const kept = different.map((one) => environmentKept(one)?.variables).filter((one) => one !== undefined);
  return kept.length > 0 ? Object.assign({}, ...kept) : undefined;
}

function readFile(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new RequestWrong(`${what} ${path} cannot be read`, {
      code: 'CAMPAIGN_UNREADABLE',
      why: fileReason(error),
      next: ['Name an existing YAML file; docs/campaigns.md shows one.'],
    });
  }
}

/** More files than a directory holds that a person lists. */
const MOST_LISTED = 100_000;

function sourcePorts(stage: RunsStage): SourcePorts {
  return {
    readText: readBatchFile,
    async listFiles(place) {
      if (place.startsWith('/')) return filesOf(place);
      try {
        const {at} = await resolvePlaces(stage, {at: place});
        const engine = await stage.engine();
        const entries = await engine.transfers.list(at, MOST_LISTED);
        if (entries.length >= MOST_LISTED) return {wrong: `it has ${MOST_LISTED} names or more`};
        return entries.flatMap(({type, name, sizeBytes}): ListedFile[] => (type === 'file' ? [{name, sizeBytes}] : []));
      } catch (error) {
        if (!(error instanceof StageError)) throw error;
        return {wrong: [error.message, error.why].filter(Boolean).join(': ')};
      }
    },
  };
}

function filesOf(directory: string): readonly ListedFile[] | {readonly wrong: string} {
  try {
    return readdirSync(directory).flatMap((name): ListedFile[] => {
      const path = join(directory, basename(name));
      const found = lstatSync(path, {throwIfNoEntry: false})?.isSymbolicLink()
        ? statSync(path, {throwIfNoEntry: false})
        : lstatSync(path, {throwIfNoEntry: false});
      if (!found?.isFile()) return [];
      return [{name, sizeBytes: found.size, modified: new Date(found.mtimeMs).toISOString()}];
    });
  } catch (error) {
    return {wrong: fileReason(error)};
  }
}
