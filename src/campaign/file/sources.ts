import {basename, dirname, posix, resolve} from 'node:path';
import {isMap, type Path} from '../../workflow/file/problems.ts';
import type {YamlSource} from '../../workflow/file/yaml-source.ts';
import type {CampaignFile} from './campaign-schema.ts';
import type {SourceItem} from './item-text.ts';

/** A file of a directory, as a source sees it. */
export interface ListedFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** when it was changed last, as the file system or the collection writes it */
  readonly modified?: string | undefined;
}

/** What reading a source takes of the world. Each gives what it found, or in one sentence why it cannot be read. */
export interface SourcePorts {
  readonly readText: (path: string) => {readonly text: string} | {readonly wrong: string};
  /** files alone. @param place an absolute path of this machine, or `collection:path` */
  readonly listFiles: (place: string) => Promise<readonly ListedFile[] | {readonly wrong: string}>;
}

export interface ItemsRead {
  readonly items: readonly SourceItem[];
  /** where an item stands, for messages */
  readonly at: (index: number) => Path;
  readonly wrong?: string | undefined;
}

/** Where the keys of `for_each` stand. */
export const SOURCE_KINDS = ['list', 'lines', 'glob', 'matrix'] as const;

/** The items of a campaign file that was found right. @param directory of the file: relative paths are from there */
export async function readSource(
  source: CampaignFile['for_each'],
  directory: string,
  yaml: Pick<YamlSource, 'written'>,
  ports: SourcePorts,
): Promise<ItemsRead> {
  if (Array.isArray(source)) return listed(source, ['for_each'], yaml);
  if (source.list) return listed(source.list, ['for_each', 'list'], yaml);
  if (source.lines !== undefined) return fromLines(source.lines, resolve(directory, source.lines), ports);
  if (source.glob !== undefined) return fromGlob(source.glob, directory, ports);
  return fromMatrix(source.matrix ?? {}, yaml);
}

/** A number or switch as it is written, so that `1.10` stays `1.10`. */
function scalarAt(value: unknown, path: Path, {written}: Pick<YamlSource, 'written'>): string {
  return written(path) ?? String(value);
}

function listed(items: readonly unknown[], before: Path, yaml: Pick<YamlSource, 'written'>): ItemsRead {
  const at = (index: number): Path => [...before, index];
  return {
    at,
    items: items.map((item, index): SourceItem => {
      if (!isMap(item)) return {text: scalarAt(item, at(index), yaml), fields: {}};
      const fields = Object.entries(item).map(([name, value]) => [name, scalarAt(value, [...at(index), name], yaml)]);
      return {fields: Object.fromEntries(fields)};
    }),
  };
}

function fromLines(written: string, path: string, {readText}: SourcePorts): ItemsRead {
  const at = (): Path => ['for_each', 'lines'];
  const read = readText(path);
  if ('wrong' in read) return {items: [], at, wrong: `${written} cannot be read: ${read.wrong}`};
  const lines = read.text.split(/\r?\n/).map((line) => line.trim());
  const items = lines.filter((line) => line !== '' && !line.startsWith('#')).map((text) => ({text, fields: {}}));
  return {items, at, wrong: items.length === 0 ? `${written} names no items` : undefined};
}

async function fromGlob(written: string, directory: string, {listFiles}: SourcePorts): Promise<ItemsRead> {
  const at = (): Path => ['for_each', 'glob'];
  const isRemote = /^[^/:]+:/.test(written);
  const path = isRemote ? written : resolve(directory, written);
  const [above, pattern] = [isRemote ? posix.dirname(path) : dirname(path), basename(path)];
  if (/[*?]/.test(above)) return {items: [], at, wrong: `only the last part of ${written} may hold * and ?`};
  const found = await listFiles(above);
  if ('wrong' in found) return {items: [], at, wrong: `${above} cannot be listed: ${found.wrong}`};
  const matches = matching(pattern);
  const items = found
    .filter(({name}) => matches(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1)) // by code unit: the same in every locale
    .map(({name, sizeBytes, modified = ''}): SourceItem => {
      const whole = `${above.endsWith('/') ? above : `${above}/`}${name}`;
      const stem = name.replace(/(?<=.)\.[^.]*$/, '');
      return {text: whole, fields: {path: whole, name, stem}, inputs: `${sizeBytes} ${modified}`.trim()};
    });
  return {items, at, wrong: items.length === 0 ? `no file matches ${written}` : undefined};
}

/** Names that a pattern with `*` and `?` stands for; hidden ones only where it begins with a dot. Pure. */
function matching(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const whole = new RegExp(`^${source}$`, 's');
  return (name) => whole.test(name) && (!name.startsWith('.') || pattern.startsWith('.'));
}

function fromMatrix(
  matrix: Readonly<Record<string, readonly unknown[]>>,
  yaml: Pick<YamlSource, 'written'>,
): ItemsRead {
  const fields = Object.entries(matrix).map(([name, values]) => ({
    name,
    values: values.map((value, index) => scalarAt(value, ['for_each', 'matrix', name, index], yaml)),
  }));
  const all = fields.reduce<readonly Record<string, string>[]>(
    (rows, {name, values}) => rows.flatMap((row) => values.map((value) => ({...row, [name]: value}))),
    [{}],
  );
  return {items: all.map((row) => ({fields: row})), at: () => ['for_each', 'matrix']};
}
