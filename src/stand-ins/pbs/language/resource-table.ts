import {readDuration, readSize} from './durations.ts';

/** The resources that every server has, and how their values are read. Measured on OpenPBS 23.06. */

export type ResourceKind =
  | 'time'
  | 'size'
  | 'long'
  /** not below 0, and not empty */
  | 'count'
  | 'bool'
  | 'float'
  | 'string'
  | 'select'
  | 'place'
  | 'nodes'
  | 'preempt-targets';

interface Resource {
  readonly kind: ResourceKind;
  /** a chunk of a select may ask for it; of these, only one place may say how much */
  readonly inChunks?: true;
  /** refused from every user */
  readonly notByUsers?: true;
  /** qsub does not look at its value: the server does */
  readonly byServer?: true;
  readonly notEmpty?: true;
}

const ofChunks = (kind: ResourceKind): Resource => ({kind, inChunks: true});
const ofChunksByServer = (kind: ResourceKind): Resource => ({kind, inChunks: true, byServer: true});
const byServer = (kind: ResourceKind): Resource => ({kind, byServer: true});
const notByUsers = (kind: ResourceKind): Resource => ({kind, notByUsers: true});

const RESOURCES: Readonly<Record<string, Resource>> = {
  accelerator: ofChunksByServer('bool'),
  accelerator_group: ofChunksByServer('string'),
  accelerator_memory: ofChunksByServer('size'),
  accelerator_model: ofChunksByServer('string'),
  aoe: ofChunks('string'),
  arch: ofChunks('string'),
  cpupercent: notByUsers('count'),
  cput: {kind: 'time'},
  energy: notByUsers('float'),
  eoe: ofChunks('string'),
  exec_vnode: notByUsers('string'),
  file: {kind: 'size'},
  hbmem: ofChunks('size'),
  host: ofChunks('string'),
  hpm: {kind: 'long'},
  max_walltime: {kind: 'time', notEmpty: true},
  mem: ofChunks('size'),
  min_walltime: {kind: 'time', notEmpty: true},
  mpiprocs: ofChunks('count'),
  naccelerators: ofChunksByServer('long'),
  nchunk: {kind: 'long', inChunks: true, notByUsers: true, byServer: true},
  ncpus: ofChunks('count'),
  nice: {kind: 'long'},
  nodect: notByUsers('count'),
  nodemask: notByUsers('string'),
  nodes: {kind: 'nodes'},
  ompthreads: ofChunks('count'),
  partition: notByUsers('string'),
  pcap_accelerator: byServer('long'),
  pcap_node: byServer('long'),
  pcput: {kind: 'time'},
  pe_mask: notByUsers('string'),
  pgov: byServer('string'),
  place: byServer('place'),
  pmem: {kind: 'size'},
  preempt_targets: {kind: 'preempt-targets'},
  pstate: byServer('string'),
  pvmem: {kind: 'size'},
  resc: {kind: 'string'},
  select: {kind: 'select'},
  site: {kind: 'string'},
  soft_walltime: notByUsers('time'),
  software: {kind: 'string'},
  ssinodes: {kind: 'long'},
  start_time: {kind: 'long', notByUsers: true, byServer: true},
  vmem: ofChunks('size'),
  vnode: ofChunks('string'),
  vntype: ofChunksByServer('string'),
  walltime: {kind: 'time'},
};

/** Custom resources by name, as `create resource` made them. */
export type CustomResources = Readonly<Record<string, 'string' | 'long' | 'size' | 'time'>>;

/** A resource by its name, in whatever capitals; undefined for one that no server has by itself. */
export function builtIn(name: string): Resource | undefined {
  const known = name.toLowerCase();
  return Object.hasOwn(RESOURCES, known) ? RESOURCES[known] : undefined;
}

/** The name under which a job keeps a resource. */
export function canonicalName(name: string): string {
  return builtIn(name) === undefined ? name : name.toLowerCase();
}

export function kindOf(name: string, custom: CustomResources): ResourceKind | undefined {
  return builtIn(name)?.kind ?? (Object.hasOwn(custom, name) ? custom[name] : undefined);
}

/** A whole number as decode_l() of OpenPBS reads it: a sign alone is 0, and so is nothing. */
export function isLong(value: string): boolean {
  return /^\s*[+-]?\d*$/.test(value) && Math.abs(Number(value) || 0) < 2 ** 63;
}

export function isCount(value: string): boolean {
  return value !== '' && isLong(value) && !/^\s*-\d*[1-9]/.test(value);
}

export function isBool(value: string): boolean {
  return value === '' || /^(true|t|y|1|false|f|n|0)$/i.test(value);
}

/** Whether OpenPBS takes a value of a kind; layouts and targets are looked at elsewhere. */
export function fits(kind: ResourceKind, value: string): boolean {
  switch (kind) {
    case 'time':
      return value === '' || readDuration(value) !== undefined;
    case 'size':
      return value === '' || readSize(value) !== undefined;
    case 'long':
      return isLong(value);
    case 'count':
      return isCount(value);
    case 'bool':
      return isBool(value);
    case 'float':
      return value === '' || Number.isFinite(Number(value));
    default:
      return true;
  }
}
