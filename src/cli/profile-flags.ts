import {resolve} from 'node:path';
import {type ProfileAnswers, readResources} from '../app/site/profile-questions.ts';
import {RequestWrong} from '../errors.ts';

/** The flags of `stage profile init`, as typed. */
export interface InitFlags {
  readonly queue?: string | undefined;
  readonly account?: string | undefined;
  readonly project?: string | undefined;
  readonly resource?: readonly string[] | undefined;
  readonly extra?: readonly string[] | undefined;
  readonly select?: string | undefined;
  readonly walltime?: string | undefined;
  readonly 'staging-queue'?: string | undefined;
  readonly 'staging-select'?: string | undefined;
  readonly 'staging-walltime'?: string | undefined;
  readonly 'node-property'?: string | undefined;
  readonly network?: boolean | undefined;
  readonly setup?: readonly string[] | undefined;
  readonly 'https-proxy'?: string | undefined;
  readonly 'no-proxy'?: string | undefined;
  readonly 'max-queued'?: number | undefined;
  readonly strategy?: string | undefined;
  readonly 'wait-walltime'?: string | undefined;
  readonly credentials?: string | undefined;
  readonly collection?: readonly string[] | undefined;
  readonly path?: readonly string[] | undefined;
  readonly bin?: string | undefined;
}

/** @throws {RequestWrong} for a flag that is not of the form it must have */
export function readInitFlags(flags: InitFlags): ProfileAnswers {
  const {resource, collection, path} = flags;
  const values = {
    bin: flags.bin,
    queue: flags.queue,
    account: flags.account,
    project: flags.project,
    resources: resource && pairsOf('--resource', resource),
    extra: flags.extra,
    setup: flags.setup,
    httpsProxy: flags['https-proxy'],
    noProxy: flags['no-proxy'],
    walltime: flags.walltime,
    select: flags.select,
    stagingQueue: flags['staging-queue'],
    stagingSelect: flags['staging-select'],
    stagingWalltime: flags['staging-walltime'],
    nodeProperty: flags['node-property'],
    network: flags.network,
    maxQueued: flags['max-queued'],
    strategy: flags.strategy,
    waitWalltime: flags['wait-walltime'],
    credentials: flags.credentials === undefined ? undefined : resolve(flags.credentials),
    collections: collection && pairsOf('--collection', collection),
    paths: path?.map(mappingOf),
  };
  // What was not said must not hide what PBS proposes or a person answers.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ProfileAnswers;
}

function pairsOf(flag: string, words: readonly string[]): Record<string, string> {
  const pairs = readResources(words);
  if (pairs) return pairs;
  throw new RequestWrong(`${flag} ${words.join(' ')} is not NAME=VALUE`);
}

function mappingOf(text: string): {cluster: string; collection: string; path: string} {
  const [, cluster, collection, path] = /^(\/[^=]*)=([^:]+):(\/.*)$/.exec(text) ?? [];
  if (cluster && collection && path) return {cluster, collection, path};
  throw new RequestWrong(`--path ${text} is not DIRECTORY=COLLECTION:PATH`, {
    why: 'both are absolute, such as /lus/eagle/projects=eagle:/projects',
  });
}
