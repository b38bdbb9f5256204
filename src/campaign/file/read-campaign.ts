import {EXIT, StageError} from '../../errors.ts';
import {explainSchema} from '../../workflow/file/explain-schema.ts';
import {didYouMean, isMap, listNames, type Path, type Problem, quote, valueAt} from '../../workflow/file/problems.ts';
import {PARAM_NAME} from '../../workflow/file/schema.ts';
import {inFileOrder, readYaml, type YamlSource} from '../../workflow/file/yaml-source.ts';
import type {Bounds} from '../changes.ts';
import type {ItemLine} from '../listed-items.ts';
import {type CampaignFile, campaignSchema, sourceSchema} from './campaign-schema.ts';
import {itemText, type SourceItem} from './item-text.ts';
import {readSource, SOURCE_KINDS, type SourcePorts} from './sources.ts';

/** What a campaign file asks for. */
export interface CampaignAsked {
  readonly name: string;
  /** path of the workflow file, as it is written there */
  readonly workflow: string;
  readonly items: readonly ItemLine[];
  readonly bounds: Bounds;
  readonly crossReservations: boolean;
  /** where an item stands: `many.yaml:7:5` */
  readonly at: (index: number) => string;
}

export interface CampaignSource {
  readonly text: string;
  /** as the user typed it: messages name it so */
  readonly file: string;
  /** absolute */
  readonly directory: string;
}

const SUBJECT = {
  name: 'a campaign',
  empty: 'the file is empty; needs a map with campaign, workflow and for_each',
  placeholders: true,
};
const MAX_BYTES = 16 * 1024 * 1024;
/** A million items would take a week to begin at one a second. */
const MOST_ITEMS = 1_000_000;
const BY_DEFAULT = {maxActive: 20, pauseAfter: 5};
/** Of the mistakes of items so many are shown. */
const SHOWN = 20;

/** Read a campaign file and its items. @throws {CampaignInvalid} with every mistake, in the order of the file */
export async function readCampaign(source: CampaignSource, ports: SourcePorts): Promise<CampaignAsked> {
  const at = (line: number, column: number, text: string) => `${source.file}:${line}:${column}: ${text}`;
  const bytes = Buffer.byteLength(source.text);
  if (bytes > MAX_BYTES)
    throw new CampaignInvalid(source.file, [at(1, 1, `the file has ${bytes} bytes; at most 16 MiB are read`)]);
  const yaml = readYaml(source.text, SUBJECT);
  if ('mistakes' in yaml)
    throw new CampaignInvalid(
      source.file,
      yaml.mistakes.map(({line, column, text}) => at(line, column, text)),
    );
  const refuse = (problems: readonly Problem[]): never => {
    throw new CampaignInvalid(source.file, inFileOrder(problems, yaml, source.file, undefined));
  };
  const parsed = campaignSchema.safeParse(yaml.value);
  const wrong = [
    ...yaml.problems,
    ...(parsed.success ? [] : explainSchema(yaml.value, parsed.error, explainUnknownKey)),
    ...checkKeys(yaml.value),
  ];
  if (!parsed.success || wrong.length > 0) return refuse(wrong);
  const read = await readSource(parsed.data.for_each, source.directory, yaml, ports);
  if (read.wrong !== undefined) return refuse([{path: read.at(0), at: 'value', text: read.wrong}]);
  if (read.items.length > MOST_ITEMS)
    return refuse([{path: read.at(0), at: 'key', text: `has ${read.items.length} items; at most ${MOST_ITEMS}`}]);
  const {lines, problems} = linesOf(parsed.data, yaml, read.items, read.at);
  if (problems.length > 0) return refuse(problems);
  const {campaign: name, workflow, max_active, prefetch, pause_after, cross_reservations = false} = parsed.data;
  return {
    name,
    workflow,
    items: lines,
    bounds: {
      maxActive: max_active ?? BY_DEFAULT.maxActive,
      prefetch,
      pauseAfter: pause_after === 'never' ? 0 : (pause_after ?? BY_DEFAULT.pauseAfter),
    },
    crossReservations: cross_reservations,
    at: (index) => {
      const {line, column} = yaml.position(yaml.offsetOf(read.at(index), 'value'));
      return `${source.file}:${line}:${column}`;
    },
  };
}

/** What a schema of maps cannot say. */
function checkKeys(raw: unknown): Problem[] {
  const source = valueAt(raw, ['for_each']);
  const given = isMap(source) ? SOURCE_KINDS.filter((kind) => source[kind] !== undefined) : [];
  const unclear =
    isMap(source) &&
    given.length !== 1 &&
    Object.keys(source).every((key) => SOURCE_KINDS.some((kind) => kind === key));
  const params = valueAt(raw, ['params']);
  return [
    ...(unclear
      ? [
          {
            path: ['for_each'],
            at: 'key',
            text: `has ${given.length === 0 ? 'no source' : given.join(' and ')}; needs one of ${listNames(SOURCE_KINDS)}`,
          } as const,
        ]
      : []),
    ...Object.keys(isMap(params) ? params : {})
      .filter((name) => !PARAM_NAME.pattern.test(name))
      .map(
        (name): Problem => ({
          path: ['params', name],
          at: 'key',
          text: `${quote(name)} cannot be used; ${PARAM_NAME.allowed}`,
        }),
      ),
  ];
}

function explainUnknownKey(parent: Path, key: string): string {
  const known = Object.keys(parent[0] === 'for_each' ? sourceSchema.shape : campaignSchema.shape);
  return `unknown key; known: ${listNames(known)}${didYouMean(key, known)}`;
}

/** The items with their keys and parameters; what is wrong with them, each mistake once. */
function linesOf(
  file: CampaignFile,
  yaml: YamlSource,
  items: readonly SourceItem[],
  at: (index: number) => Path,
): {readonly lines: readonly ItemLine[]; readonly problems: readonly Problem[]} {
  const problems = new Map<string, Problem>();
  const tell = (problem: Problem) => {
    const where = problem.path.join('.');
    if (problems.size < SHOWN && !problems.has(where)) problems.set(where, problem);
  };
  const put = (text: string, path: Path, item: SourceItem): string => {
    const read = itemText(text, item);
    if ('text' in read) return read.text;
    tell({path, at: 'value', text: read.wrong});
    return '';
  };
  const templates = Object.entries(file.params ?? {}).map(([name, value]) => {
    const path = ['params', name];
    return {name, path, text: typeof value === 'string' ? value : (yaml.written(path) ?? String(value))};
  });
  const paramsOf = (item: SourceItem): Record<string, string> => {
    if (file.params) return Object.fromEntries(templates.map(({name, path, text}) => [name, put(text, path, item)]));
    if (item.text !== undefined)
      tell({path: [], at: 'key', text: 'params is missing; needs a map such as params: {input: "${{ item }}"}'});
    return {...item.fields};
  };
  const seen = new Map<string, number>();
  const lines = items.map((item, index): ItemLine => {
    const key = file.key === undefined ? keyOf(item) : put(file.key, ['key'], item);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else if (problems.size === 0 || file.key === undefined)
      tell({path: at(index), at: 'value', text: `item ${index + 1} is called ${quote(key)}, as item ${first + 1} is`});
    return {key, params: paramsOf(item), priority: priorityOf(file.priority, item, put, tell), inputs: item.inputs};
  });
  return {lines, problems: [...problems.values()]};
}

/** What an item is called where the file does not say it. */
function keyOf({text, fields}: SourceItem): string {
  return (
    text ??
    Object.entries(fields)
      .map(([name, value]) => `${name}=${value}`)
      .join(',')
  );
}

function priorityOf(
  priority: CampaignFile['priority'],
  item: SourceItem,
  put: (text: string, path: Path, item: SourceItem) => string,
  tell: (problem: Problem) => void,
): number {
  if (typeof priority !== 'string') return priority ?? 0;
  const text = put(priority, ['priority'], item);
  if (/^-?\d{1,4}$/.test(text) && Math.abs(Number(text)) <= 1000) return Number(text);
  if (text !== '')
    tell({path: ['priority'], at: 'value', text: `${quote(text)} of an item is no whole number from -1000 to 1000`});
  return 0;
}

/** The campaign cannot be used as it is written. Nothing was changed. `details` has a line for every mistake. */
export class CampaignInvalid extends StageError {
  constructor(file: string, details: readonly string[]) {
    super({
      code: 'CAMPAIGN_INVALID',
      exit: EXIT.usage,
      what: `${file} has ${details.length === 1 ? '1 mistake' : `${details.length} mistakes`}`,
      why: 'a campaign is checked as a whole before anything is created; nothing was changed',
      next: [
        'Correct the lines named above, then run the same command again.',
        'What a campaign file may say is described in docs/campaigns.md.',
      ],
      details,
    });
  }
}
