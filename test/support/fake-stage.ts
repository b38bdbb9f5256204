import {openCampaigns} from '../../src/campaign/campaigns.ts';
import type {Profile} from '../../src/config/profile.ts';
import {readConfig} from '../../src/config/read-config.ts';
import {openJobStore} from '../../src/ledger/job-store.ts';
import {limitSettings, openLimits} from '../../src/limits/open-limits.ts';
import {openAreas} from '../../src/outputs/areas.ts';
import type {QueueSeen, ServerSeen, Site} from '../../src/scheduler/site.ts';
import type {Stage} from '../../src/wiring/stage.ts';
import {type FakeWorld, fakeWorld} from './fakes.ts';

/** A profile as the configuration file has it. @param yaml the keys of the profile, in YAML's flow form */
export function profileOf(yaml: string): Profile {
  const profile = readConfig(`profiles: {a: ${yaml}}`, 'config.yaml').profiles.get('a');
  if (!profile) throw new Error('no profile');
  return profile;
}

/** A queue that takes every job, but for what a test says of it. */
export function queueOf(name: string, change: Partial<QueueSeen> = {}): QueueSeen {
  return {name, enabled: true, started: true, routing: false, access: 'open', ...change};
}

/** A PBS that describes itself as it is told to. */
export function siteOf(server: ServerSeen, queues: readonly QueueSeen[]): Site {
  return {
    commands: async () => [{command: 'qsub', path: '/bin/qsub'}],
    server: async () => server,
    queues: async () => queues,
    queueAt: async () => 'no-answer',
    resources: async () => undefined,
    hosts: async () => undefined,
  };
}

const OPEN_SITE = siteOf({name: 'pbs', historyKept: true, defaultQueue: 'workq'}, [queueOf('workq')]);

export interface FakeStage extends Stage {
  readonly world: FakeWorld;
}

/** What use-cases work with: a real ledger in a directory; PBS, its description of itself and Globus in memory. */
export function fakeStage(
  directory: string,
  {profile = profileOf('{transfer: local}'), site = OPEN_SITE}: {profile?: Profile; site?: Site} = {},
): FakeStage {
  const world = fakeWorld(directory);
  const context = world.context();
  const none = async (): Promise<never> => {
    throw new Error('no test asks for this');
  };
  return {
    world,
    profile,
    locations: {home: directory, configFile: 'config.yaml', cache: directory},
    ledger: context.ledger,
    limits: openLimits(directory, limitSettings(profile.limits), {by: 'ada@host:1', clock: () => world.now}),
    jobs: openJobStore(directory),
    campaigns: async () => openCampaigns(context.ledger.layout),
    requireState: () => {},
    outputs: {areas: openAreas(context.ledger.layout.outputs), look: async () => ({is: 'absent'})},
    log: {write: () => {}, end: async () => {}},
    by: 'ada@host:1',
    person: 'ada@host',
    reasonsToKeep: [],
    engine: async () => context,
    ways: {plugin: none, why: async () => undefined, has: async () => true},
    scheduler: async () => world.scheduler,
    history: async () => ({ofJob: async () => []}),
    reservations: async () => ({list: async () => []}),
    site: async () => site,
    signIn: none,
    collectionService: none,
    bookmarks: async () => [],
    collections: async () => profile.collections,
  };
}
