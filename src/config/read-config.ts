import {LineCounter, parseDocument} from 'yaml';
import {RequestWrong} from '../errors.ts';
import {ConfigFile, type ConfigText} from './config-schema.ts';
import {mergeProfile} from './merge-profile.ts';
import type {Profile} from './profile.ts';

/** The configuration file as it was read. */
export interface Config {
  readonly defaultProfile?: string;
  readonly collections: Readonly<Record<string, string>>;
  readonly profiles: ReadonlyMap<string, Profile>;
}

/**
 * Read the text of a configuration file.
 *
 * @throws {RequestWrong} with every mistake as `file:line:column: key: what is wrong`
 */
export function readConfig(source: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(source, {lineCounter: lines, prettyErrors: false});
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}:${lines.linePos(offset).col}`;
  if (document.errors.length > 0)
    throw wrong(
      file,
      document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`),
    );
  const read = ConfigFile.safeParse(document.toJS({maxAliasCount: 100}) ?? {});
  if (read.success) return fromFile(read.data);
  throw wrong(
    file,
    read.error.issues.map((issue) => {
      const node = document.getIn(issue.path as (string | number)[], true);
      const range =
        typeof node === 'object' && node !== null && 'range' in node ? (node.range as [number] | undefined) : undefined;
      return `${at(range?.[0] ?? 0)}: ${issue.path.join('.') || 'the file'}: ${issue.message}`;
    }),
  );
}

function wrong(file: string, details: string[]): RequestWrong {
  return new RequestWrong(
    `the configuration ${file} has ${details.length === 1 ? 'a mistake' : `${details.length} mistakes`}`,
    {code: 'CONFIG_INVALID', details},
  );
}

function fromFile(file: ConfigText): Config {
  const profiles = Object.entries(file.profiles ?? {}).map(
    ([key, section]) => [key, mergeProfile(key, section)] as const,
  );
  return {
    ...(file.default_profile ? {defaultProfile: file.default_profile} : {}),
    collections: file.collections ?? {},
    profiles: new Map(profiles),
  };
}
