import {isTrue, type Settings} from '../../server/store/settings.ts';
import {badValue, FAULT, type PbsFault, Refusal, readOnlyAttribute, unknownResource} from '../answer.ts';
import {readDepend} from '../depend.ts';
import {readDuration} from '../durations.ts';
import type {ServerNames} from '../job-id.ts';
import {builtIn, type CustomResources, canonicalName, fits, kindOf} from '../resource-table.ts';
import {wrongTogether} from '../resources.ts';
import {chunksWritten} from '../select.ts';
import {lastValue, type Sent} from './sent.ts';

/**
 * What the server refuses of the attributes of a job, in the order in which it looks at them. Source: OpenPBS,
 * req_quejob() in req_quejob.c; measured on 23.06.
 */

export interface Known {
  readonly names: ServerNames;
  readonly settings: Settings;
  /** who submits */
  readonly user: string;
}

/** First of all: no chunk of a select may ask for what no user may. @throws {Refusal} */
export function checkChunks(sent: readonly Sent[]): void {
  const selects = sent.filter(({resource}) => resource?.toLowerCase() === 'select');
  for (const {name} of selects.flatMap(({value}) => chunksWritten(value) ?? []).flatMap(({resources}) => resources))
    if (builtIn(name)?.notByUsers)
      throw new Refusal({code: 15108, text: `Resource invalid in "select" specification: ${name}`});
}

const NO_USER_SETS = new Set([
  'accounting_id',
  'alt_id',
  'comment',
  'ctime',
  'estimated',
  'etime',
  'euser',
  'exec_host',
  'job_state',
  'queue',
  'security',
  'server',
  'topjob_ineligible',
]);

/** Each attribute by itself, as it is decoded. @throws {Refusal} */
export function checkAttributes(sent: readonly Sent[], {names, settings}: Known): void {
  for (const {name, resource, value} of sent) {
    if (resource !== undefined) checkResource(resource, value, settings.resources);
    else if (NO_USER_SETS.has(name.toLowerCase())) throw new Refusal(readOnlyAttribute(name));
    else if (/^resource_list$/i.test(name))
      throw new Refusal({code: unknownResource('').code, text: 'Unknown resource'});
    else if (/^resource_list\./i.test(name)) throw new Refusal(FAULT.noAttribute);
    else if (/^project$/i.test(name) && /[/[\]";:|<>+,?*]/.test(value)) throw new Refusal(badValue('project'));
    else if (/^forward_x11_port$/i.test(name) && !fits('long', value)) throw new Refusal(badValue(name));
    else if (/^depend$/i.test(name)) {
      const read = readDepend(value, names);
      if (read.kind === 'fault') throw new Refusal(read.fault);
    }
  }
}

function checkResource(name: string, value: string, custom: CustomResources): void {
  if (name === 'neednodes') return;
  const full = `Resource_List.${name}`;
  const known = builtIn(name);
  const kind = kindOf(name, custom);
  if (kind === undefined) throw new Refusal(unknownResource(full));
  if (known?.notByUsers) throw new Refusal(readOnlyAttribute(full));
  if (kind === 'place') checkPlace(value, full, custom);
  if (kind === 'preempt-targets')
    for (const [, target = ''] of value.matchAll(/Resource_List\.([^=]*)=/g))
      if (kindOf(target, custom) === undefined)
        throw new Refusal({code: unknownResource('').code, text: 'Unknown resource'});
  if (!fits(kind, value)) throw new Refusal(badValue(full));
}

/** Source: decode_place() in resc_attr.c. */
function checkPlace(value: string, full: string, custom: CustomResources): void {
  const words = value.split(':').map((word) => word.trimStart().toLowerCase());
  for (const word of words) {
    const by = /^group=([\w-]+)/.exec(word)?.[1];
    if (by === undefined && !/^(free|pack|scatter|vscatter|excl|exclhost|shared)$/.test(word))
      throw new Refusal(badValue(full));
    if (by !== undefined && kindOf(by, custom) === undefined) throw new Refusal(unknownResource(full));
    if (by !== undefined && word !== `group=${by}`) throw new Refusal(badValue(full));
  }
  const among = (pattern: RegExp) => words.filter((word) => pattern.test(word)).length;
  if (among(/^(free|pack|scatter|vscatter)$/) > 1 || among(/^(excl|exclhost|shared)$/) > 1)
    throw new Refusal(badValue(full));
}

const NOT_AN_ARRAY: PbsFault = {code: 15231, text: 'Attribute has to be set on an array job'};
const BAD_NODES: PbsFault = {code: 15089, text: 'node(s) specification error'};

/** What the server does with what it has decoded, and what does not go together. @throws {Refusal} */
export function checkTogether(sent: readonly Sent[], {settings}: Known): void {
  const has = (name: string) => sent.some((each) => each.name.toLowerCase() === name);
  const resources: Record<string, string> = {};
  for (const {resource, value} of sent) {
    if (resource === undefined) continue;
    if (value === '') delete resources[canonicalName(resource)];
    else resources[canonicalName(resource)] = value;
  }
  if (/^[cw]=0+$/.test(lastValue(sent, 'Checkpoint') ?? '')) throw new Refusal(badValue(''));
  if (resources.nodes !== undefined && !isNodes(resources.nodes)) throw new Refusal(BAD_NODES);
  checkWalltimes(resources);
  const queues = [...(resources.preempt_targets ?? '').matchAll(/queue=([^,]*)/gi)].map(([, queue = '']) => queue);
  if (queues.some((queue) => settings.queues[queue] === undefined)) throw new Refusal(FAULT.unknownQueue);
  if (has('max_run_subjobs') && !has('array_indices_submitted')) throw new Refusal(NOT_AN_ARRAY);
  const wrong = wrongTogether(resources);
  if (wrong) throw new Refusal(wrong);
}

/** Source: action_min_walltime(), action_max_walltime() in resc_attr.c. */
function checkWalltimes({min_walltime: least, max_walltime: most}: Readonly<Record<string, string>>): void {
  if (most === undefined) return;
  if (least === undefined) throw new Refusal({code: 15162, text: 'Cannot have "max_walltime" without "min_walltime"'});
  if ((readDuration(least) ?? 0) > (readDuration(most) ?? 0))
    throw new Refusal({code: 15163, text: '"min_walltime" can not be greater than "max_walltime"'});
}

/** Source: validate_nodespec() in node_manager.c. */
function isNodes(nodes: string): boolean {
  return (nodes.split('#')[0] ?? '').split('+').every((part) =>
    part.split(':').every((word, at) => {
      const [name = '', value] = word.trim().split(/=(.*)/s);
      if (value === undefined) return at > 0 || !/^(0+|\d+[A-Za-z].*)$/.test(name);
      return /^(ppn|cpp|ncpus)$/i.test(name) && /^\d+$/.test(value) && !(/^ppn$/i.test(name) && Number(value) === 0);
    }),
  );
}

/** Whether the job may be the user's in this queue, and in this group; and how many subjobs there may be. @throws {Refusal} */
export function checkOwner(
  sent: readonly Sent[],
  subjobs: number,
  queue: string,
  {names, settings, user}: Known,
): void {
  const most = Math.min(
    Number(settings.server.max_array_size ?? '10000'),
    Number(settings.queues[queue]?.max_array_size ?? Number.POSITIVE_INFINITY),
  );
  if (subjobs > most && isTrue(settings.queues[queue], 'enabled')) throw new Refusal(FAULT.arraySize);
  const users = lastValue(sent, 'User_List');
  if (users !== undefined && forThisHost(users, names) !== user) throw new Refusal(FAULT.badUser);
  const groups = lastValue(sent, 'group_list');
  const group = groups === undefined ? undefined : forThisHost(groups, names);
  if (group !== undefined && group !== user) throw new Refusal(FAULT.badGroup);
}

/** Of `a,b@host` the entry for the server's host, or that for all hosts. */
function forThisHost(list: string, {server}: ServerNames): string | undefined {
  const entries = list.split(',').map((item) => item.trim().split('@'));
  const found = entries.find(([, host]) => host === server) ?? entries.find(([, host]) => host === undefined);
  return found?.[0];
}
