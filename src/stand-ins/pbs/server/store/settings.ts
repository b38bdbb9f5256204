import {z} from 'zod';

/** What qmgr can set: attributes of the server, its queues and its own resources, as text. */

const attributes = z.record(z.string(), z.string());

export const settingsSchema = z.object({
  server: attributes,
  queues: z.record(z.string(), attributes),
  /** custom resources: name to type */
  resources: z.record(z.string(), z.enum(['string', 'long', 'size', 'time'])),
  nextSequence: z.number(),
  /** attributes of the one node */
  node: attributes.default({}),
  nodeOffline: z.boolean(),
});

export type Settings = z.infer<typeof settingsSchema>;
export type Attributes = Record<string, string>;

/** A fresh server, as `print server` showed it on OpenPBS 23.06. History is on: the stand-in is to be looked into. */
export function freshSettings(): Settings {
  return {
    server: {
      scheduling: 'True',
      default_queue: 'workq',
      log_events: '511',
      mailer: '/usr/sbin/sendmail',
      mail_from: 'adm',
      query_other_jobs: 'True',
      'resources_default.ncpus': '1',
      'default_chunk.ncpus': '1',
      scheduler_iteration: '600',
      resv_enable: 'True',
      node_fail_requeue: '310',
      max_array_size: '10000',
      resend_term_delay: '5',
      pbs_license_min: '0',
      pbs_license_max: '2147483647',
      pbs_license_linger_time: '31536000',
      eligible_time_enable: 'False',
      job_history_enable: 'True',
      max_concurrent_provision: '5',
      clear_topjob_estimates_enable: 'False',
      max_job_sequence_id: '9999999',
    },
    queues: {workq: {queue_type: 'Execution', enabled: 'True', started: 'True'}},
    resources: {},
    nextSequence: 0,
    node: {},
    nodeOffline: false,
  };
}

/** The order qstat and qmgr list server attributes in; what is not named here comes last. */
export const SERVER_ORDER: readonly string[] = [
  'server_state',
  'server_host',
  'scheduling',
  'max_queued',
  'max_run',
  'max_queuable',
  'total_jobs',
  'state_count',
  'managers',
  'operators',
  'default_queue',
  'log_events',
  'mailer',
  'mail_from',
  'query_other_jobs',
  'resources_available',
  'resources_max',
  'resources_min',
  'resources_default',
  'default_chunk',
  'resources_assigned',
  'scheduler_iteration',
  'default_qsub_arguments',
  'resv_enable',
  'node_fail_requeue',
  'max_array_size',
  'resend_term_delay',
  'pbs_license_min',
  'pbs_license_max',
  'pbs_license_linger_time',
  'license_count',
  'pbs_version',
  'eligible_time_enable',
  'job_history_enable',
  'job_history_duration',
  'max_concurrent_provision',
  'clear_topjob_estimates_enable',
  'max_job_sequence_id',
];

export const QUEUE_ORDER: readonly string[] = [
  'queue_type',
  'Priority',
  'max_queuable',
  'total_jobs',
  'state_count',
  'max_array_size',
  'acl_user_enable',
  'acl_users',
  'resources_max',
  'resources_min',
  'resources_default',
  'resources_available',
  'resources_assigned',
  'route_destinations',
  'enabled',
  'started',
  'max_queued',
  'max_queued_res',
  'max_run',
  'queued_jobs_threshold',
];

/** Attributes of the stand-in itself, which a real server does not have; listed only when set. */
export const OWN_ATTRIBUTES: Readonly<Record<string, string>> = {
  /** seconds between the TERM of a qdel and its KILL */
  stage_delete_grace: '2',
  /** a job that qdel ended is seen running for at least so many seconds, as qdel returns before it is gone (measured: 1 to 25) */
  stage_delete_delay: '0.5',
  /** seconds between the TERM of an exceeded walltime and its KILL */
  stage_walltime_grace: '5',
  /** seconds by which a walltime is exceeded before that is seen: a real server looks every ten or so */
  stage_walltime_delay: '1',
  /** seconds that pass before a job starts that may, as those of a real scheduler's cycle */
  stage_start_delay: '0',
  /** seconds that an ended job stays in state E before its output arrives and a qsub that waits for it ends */
  stage_end_delay: '0',
  /** a second qstat of the same user in the same second takes 0.2 s longer, as the real client does */
  stage_qstat_pause: 'False',
};

const TRUE = /^(t|true|y|yes|1)$/i;
const FALSE = /^(f|false|n|no|0)$/i;

/** Booleans as PBS shows them; other values stay as they are. */
export function shownBoolean(value: string): string {
  return TRUE.test(value) ? 'True' : FALSE.test(value) ? 'False' : value;
}

export function isTrue(attributesOf: Readonly<Attributes> | undefined, name: string): boolean {
  return TRUE.test(attributesOf?.[name] ?? '');
}

export function ownSetting(settings: Settings, name: keyof typeof OWN_ATTRIBUTES | string): string {
  return settings.server[name] ?? OWN_ATTRIBUTES[name] ?? '';
}

/** One of the stand-in's own attributes that are numbers of seconds, in milliseconds. */
export function ownMilliseconds(settings: Settings, name: keyof typeof OWN_ATTRIBUTES): number {
  const seconds = Number(ownSetting(settings, name));
  return Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : 0;
}

/** Entries such as `resources_max.walltime` of one group, without the group's name. */
export function resourceGroup(attributesOf: Readonly<Attributes> | undefined, group: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributesOf ?? {}))
    if (name.startsWith(`${group}.`)) found[name.slice(group.length + 1)] = value;
  return found;
}

/** Sort by an order list; entries of one group stay together, ordered by name. */
export function inOrder(attributesOf: Readonly<Attributes>, order: readonly string[]): [string, string][] {
  const rank = (name: string): number => {
    const at = order.indexOf(name.replace(/\..*$/, ''));
    return at < 0 ? order.length : at;
  };
  return Object.entries(attributesOf).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0));
}
