import {UUID} from '../../base/ids.ts';
import {NAME} from '../../base/names.ts';
import {
  collectionNamesIn,
  type EditedNames,
  type NamesAt,
  withCollectionName,
  withoutCollectionName,
} from '../../config/edit-collections.ts';
import {type Config, readConfig} from '../../config/read-config.ts';
import {readIfThere, replaceFile} from '../../disk/replace-file.ts';
import {RequestWrong} from '../../errors.ts';
import type {PlacesStage} from '../../wiring/stage.ts';
import {didYouMean, listNames, own, quote} from '../../workflow/file/problems.ts';
import {findCollection} from './find-collection.ts';

/** Where friendly names stand: for all profiles, for the chosen one alone, in a workflow file, or with the stand-in. */
export type AliasOrigin = 'configuration' | 'profile' | 'workflow' | 'stand-in';

export interface AliasView {
  readonly name: string;
  readonly collection: string;
  readonly from: AliasOrigin;
}

/** Which file is meant. */
export interface AliasPlace {
  /** the chosen profile's own section of the configuration */
  readonly forProfile: boolean;
  /** a workflow file instead of the configuration */
  readonly workflow: string | undefined;
}

export interface AliasListReport {
  readonly profile: string;
  readonly configFile: string;
  readonly aliases: readonly AliasView[];
}

/** The friendly names that count, each once, and where each comes from. Asks neither Globus nor PBS. @param workflow a file whose own names win */
export async function listAliases(stage: PlacesStage, workflow: string | undefined): Promise<AliasListReport> {
  const {configFile} = stage.locations;
  const config = readConfig(readIfThere(configFile) ?? '', configFile);
  const own = workflow === undefined ? {} : collectionNamesIn(contentsOf(workflow), workflow, ['collections']);
  const views = new Map<string, AliasView>();
  for (const [name, id] of Object.entries(await stage.collections()))
    views.set(name, {name, collection: id.toLowerCase(), from: originOf(name, config, stage.profile.name)});
  for (const [name, id] of Object.entries(own)) views.set(name, {name, collection: id.toLowerCase(), from: 'workflow'});
  const aliases = [...views.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  return {profile: stage.profile.name, configFile, aliases};
}

function originOf(name: string, {collections, profiles}: Config, profile: string): AliasOrigin {
  if (own(profiles.get(profile)?.collections ?? {}, name) !== undefined) return 'profile';
  return own(collections, name) === undefined ? 'stand-in' : 'configuration';
}

export interface AliasSetRequest extends AliasPlace {
  readonly name: string;
  /** id, friendly name, bookmark, or the collection's name at Globus */
  readonly collection: string;
  readonly force: boolean;
  /** do not ask Globus whether there is such a collection */
  readonly offline: boolean;
}

export interface AliasSetReport {
  readonly name: string;
  readonly collection: string;
  /** its name at Globus; absent where that was not asked */
  readonly displayName?: string;
  readonly file: string;
  readonly did: 'added' | 'replaced' | 'nothing';
  /** what it stood for before */
  readonly before?: string;
  /** another place says something else of this name, and wins */
  readonly hiddenBy?: AliasOrigin;
}

/** Name a collection, in the configuration or a workflow file. @throws {RequestWrong} {ChangedMeanwhile} {TransferRefused} */
export async function setAlias(stage: PlacesStage, request: AliasSetRequest): Promise<AliasSetReport> {
  const {name, force} = request;
  const {pattern, allowed} = await nameRule(request);
  if (!pattern.test(name) || UUID.test(name))
    throw new RequestWrong(`${quote(name)} cannot name a collection`, {why: allowed});
  const id = await idOf(stage, request);
  const shown = request.offline ? undefined : await (await stage.collectionService()).show(id);
  const edited = edit(stage, request, (source, file, at) => withCollectionName(source, file, at, {name, id, force}));
  const hiddenBy = await hidingOne(stage, request, id);
  return {
    name,
    collection: id,
    displayName: shown?.displayName,
    file: edited.file,
    did: edited.before === undefined ? 'added' : edited.changed ? 'replaced' : 'nothing',
    before: edited.before !== undefined && edited.changed ? edited.before : undefined,
    hiddenBy: hiddenBy || undefined,
  };
}

/** A workflow file has a rule of its own; what it would not take is not written there. */
async function nameRule({workflow}: AliasPlace): Promise<{readonly pattern: RegExp; readonly allowed: string}> {
  if (workflow !== undefined) return (await import('../../workflow/file/schema.ts')).COLLECTION_NAME;
  return {
    pattern: NAME,
    allowed: 'a name is letters, digits, "_" and "-", up to 63, and not an id',
  };
}

async function idOf(stage: PlacesStage, {collection, offline}: AliasSetRequest): Promise<string> {
  if (!offline) return findCollection(stage, collection);
  const known = await stage.collections();
  const id = own(known, collection) ?? (UUID.test(collection) ? collection : undefined);
  if (id !== undefined) return id.toLowerCase();
  throw new RequestWrong(`${quote(collection)} is neither an id nor a name that is known here`, {
    why: `Globus is not contacted with --offline${didYouMean(collection, Object.keys(known))}`,
    next: ['Give the id of the collection, or leave --offline out.'],
  });
}

/** A profile's own names win over those for all profiles. */
async function hidingOne(
  stage: PlacesStage,
  {name, forProfile, workflow}: AliasSetRequest,
  id: string,
): Promise<AliasOrigin | undefined> {
  if (workflow !== undefined || forProfile) return undefined;
  const {configFile} = stage.locations;
  const config = readConfig(readIfThere(configFile) ?? '', configFile);
  const other = own(config.profiles.get(stage.profile.name)?.collections ?? {}, name);
  return other !== undefined && other.toLowerCase() !== id ? 'profile' : undefined;
}

export interface AliasRemoveReport {
  readonly name: string;
  readonly collection: string;
  readonly file: string;
}

/** Take a friendly name away. Runs that used the name are not affected: they have recorded the id. @throws {RequestWrong} when it does not stand there */
export async function removeAlias(
  stage: PlacesStage,
  request: AliasPlace & {readonly name: string},
): Promise<AliasRemoveReport> {
  const {name} = request;
  const edited = edit(stage, request, (source, file, at) => withoutCollectionName(source, file, at, name));
  if (edited.before === undefined) throw await notThere(stage, request, edited.file, edited.names);
  return {name, collection: edited.before, file: edited.file};
}

async function notThere(
  stage: PlacesStage,
  {name, forProfile, workflow}: AliasPlace & {readonly name: string},
  file: string,
  names: readonly string[],
): Promise<RequestWrong> {
  const elsewhere = (await listAliases(stage, workflow)).aliases.find((one) => one.name === name);
  const how: Readonly<Record<AliasOrigin, string>> = {
    configuration: `It is defined for all profiles: stage collection alias remove ${name}`,
    profile: `It is defined in the profile: stage collection alias remove ${name} --for-profile`,
    workflow: 'It is defined in the workflow file.',
    'stand-in': 'It is a collection of the stand-in Globus, which names it.',
  };
  return new RequestWrong(
    `there is no name ${quote(name)} ${forProfile ? 'in the profile' : 'for all profiles'} in ${file}`,
    {
      code: 'ALIAS_UNKNOWN',
      why: `${names.length === 0 ? 'there are none' : `known there: ${listNames(names)}`}${didYouMean(name, names)}`,
      next: [elsewhere ? how[elsewhere.from] : 'List all names: stage collection alias list'],
    },
  );
}

interface Edited {
  readonly file: string;
  readonly before?: string;
  readonly changed: boolean;
  /** that stand there, before the edit */
  readonly names: readonly string[];
}

/** Read, edit and write one file, whole or not at all. What could not be loaded is not written. */
function edit(
  stage: PlacesStage,
  {forProfile, workflow}: AliasPlace,
  work: (source: string, file: string, at: NamesAt) => EditedNames,
): Edited {
  if (workflow !== undefined && forProfile)
    throw new RequestWrong('--workflow and --for-profile cannot be combined', {next: ['Leave one of them out.']});
  const file = workflow ?? stage.locations.configFile;
  const at: NamesAt =
    workflow === undefined && forProfile ? ['profiles', stage.profile.name, 'collections'] : ['collections'];
  const source = workflow === undefined ? readIfThere(file) : contentsOf(workflow);
  const {text, before} = work(source ?? '', file, at);
  if (workflow === undefined) readConfig(text, file);
  const changed = text !== (source ?? '');
  if (changed) replaceFile(file, source, text);
  const names = Object.keys(collectionNamesIn(source ?? '', file, at));
  return {file, changed, names, before};
}

function contentsOf(workflow: string): string {
  const text = readIfThere(workflow);
  if (text !== undefined) return text;
  throw new RequestWrong(`the workflow file ${workflow} does not exist`, {code: 'WORKFLOW_UNREADABLE'});
}
