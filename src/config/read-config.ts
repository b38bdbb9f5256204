import {normalize} from 'node:path';
import {RequestWrong} from '../errors.ts';
import type {Problem} from '../workflow/file/problems.ts';
import {inFileOrder, readYaml} from '../workflow/file/yaml-source.ts';
import {ConfigFile, type ConfigText} from './config-schema.ts';
import {allowed, explainConfig} from './explain-config.ts';
import {mergeProfile} from './merge-profile.ts';
import type {Profile} from './profile.ts';

/** The configuration file as it was read. */
export interface Config {
  readonly defaultProfile?: string;
  /** directories above the state that others may write in, and that are used all the same */
  readonly trustedDirectories?: readonly string[] | undefined;
  readonly collections: Readonly<Record<string, string>>;
  readonly profiles: ReadonlyMap<string, Profile>;
}

/**
 * Read the text of a configuration file.
 *
 * @throws {RequestWrong} with every mistake as `file:line:column: key: what is wrong`
 */
export function readConfig(source: string, file: string): Config {
  const yaml = readYaml(source, {name: 'a configuration', placeholders: false});
  if ('mistakes' in yaml)
    throw wrong(
      file,
      yaml.mistakes.map(({line, column, text}) => `${file}:${line}:${column}: ${text}`),
    );
  const raw = yaml.value ?? {};
  const read = ConfigFile.safeParse(raw, {error: allowed});
  const config = read.success ? fromFile(read.data) : undefined;
  const problems = [
    ...yaml.problems,
    ...(read.success ? [] : explainConfig(raw, read.error.issues)),
    ...[...(config?.profiles ?? [])].flatMap(([key, profile]) => checkMonitor(key, profile)),
  ];
  if (config && problems.length === 0) return config;
  throw wrong(file, inFileOrder(problems, yaml, file, 'the file'));
}

/** Each may be said without the other: defaults count. */
function checkMonitor(key: string, {monitor: {minMs, maxMs}}: Profile): Problem[] {
  if (minMs <= maxMs) return [];
  const text = `its min (${minMs / 1000} s) must not be above its max (${maxMs / 1000} s)`;
  return [{path: ['profiles', key, 'monitor'], at: 'value', text}];
}

function wrong(file: string, details: string[]): RequestWrong {
  return new RequestWrong(
    `the configuration ${file} has ${details.length === 1 ? 'a mistake' : `${details.length} mistakes`}`,
    {code: 'CONFIG_INVALID', details, next: ['Correct the lines named above; docs/profiles.md describes every key.']},
  );
}

function fromFile(file: ConfigText): Config {
  const profiles = Object.entries(file.profiles ?? {}).map(
    ([key, section]) => [key, mergeProfile(key, section)] as const,
  );
  return {
    defaultProfile: file.default_profile || undefined,
    trustedDirectories: file.trusted_directories?.map((path) => normalize(path).replace(/(.)\/+$/, '$1')),
    collections: file.collections ?? {},
    profiles: new Map(profiles),
  };
}
