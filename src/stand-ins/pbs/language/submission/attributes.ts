import {badValue, FAULT, failed, Refusal, Stop, usageError} from '../answer.ts';
import {type DependGroup, mergeDepend, readDepend} from '../depend.ts';
import type {ServerNames} from '../job-id.ts';
import type {Level} from './level.ts';

/** `-W` of qsub: what each attribute may be, and what becomes of it. */

interface Attributes {
  readonly depend: DependGroup[];
  readonly vanishes: boolean;
  readonly block: boolean;
  readonly umask?: string;
  readonly sandbox?: string;
  readonly groupList?: string;
  readonly stagein?: string;
  readonly stageout?: string;
  readonly runCount: number;
}

const ACCEPTED_AND_UNUSED = new Set([
  'hold_types',
  'run_count',
  'tolerate_node_failures',
  'release_nodes_on_stageout',
  'max_run_subjobs',
  'pwd',
  'resvport',
  'interactive',
  'job_name',
  'create_resv_from_job',
  'project',
]);

export function readWAttributes(levels: readonly Level[], names: ServerNames, user: string): Attributes {
  const chosen = new Map<string, string[]>();
  for (const level of levels) {
    const here = new Map<string, string[]>();
    for (const {name, value} of level.attributes) here.set(name, [...(here.get(name) ?? []), value]);
    for (const [name, values] of here) chosen.set(name, values); // a later level wins per attribute
  }
  const lists: DependGroup[][] = [];
  let vanishes = false;
  for (const text of chosen.get('depend') ?? []) {
    const read = readDepend(text, names);
    if (read.kind === 'illegal') throw new Stop(usageError(['illegal -W value']));
    if (read.kind === 'fault') throw new Refusal(read.fault);
    if (read.kind === 'vanishes') vanishes = true;
    else lists.push(read.groups);
  }
  const last = (name: string): string | undefined => chosen.get(name)?.at(-1);
  const block = last('block');
  if (block !== undefined && !/^(true|false|t|f|y|n|1|0)$/i.test(block))
    throw new Stop(usageError(['illegal -W value']));
  for (const name of chosen.keys()) {
    const known = ['depend', 'block', 'umask', 'sandbox', 'group_list', 'stagein', 'stageout'].includes(name);
    if (!known && !ACCEPTED_AND_UNUSED.has(name.toLowerCase()))
      throw new Stop(failed('qsub: Error (15002) submitting job\n', 154));
  }
  const groupList = last('group_list');
  if (groupList !== undefined && groupList !== user) throw new Refusal(FAULT.badGroup);
  const umask = last('umask');
  if (umask !== undefined && !/^\d+$/.test(umask)) throw new Refusal(badValue('umask'));
  return {
    depend: mergeDepend(lists),
    vanishes,
    block: /^(true|t|y|1)$/i.test(block ?? ''),
    umask: umask?.replace(/^0+(?=\d)/, ''),
    sandbox: last('sandbox'),
    groupList,
    stagein: last('stagein'),
    stageout: last('stageout'),
    runCount: Number(last('run_count') ?? '0') || 0,
  };
}
