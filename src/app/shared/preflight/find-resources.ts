import {EXIT} from '../../../errors.ts';
import {FOREIGN_RESOURCES} from '../../../scheduler/directives/habits.ts';
import {type Chunk, isBuiltIn, readSelect} from '../../../scheduler/directives/resource-values.ts';
import {readAmount} from '../../../scheduler/resource-amounts.ts';
import type {HostSeen, QueueSeen, ResourceSeen, ServerSeen} from '../../../scheduler/site.ts';
import {type Finding, problem} from '../findings.ts';
import type {JobsToJudge} from '../queue-findings.ts';

export interface Known {
  readonly server: ServerSeen;
  readonly queues: readonly QueueSeen[];
  /** undefined: not asked, or not told */
  readonly defined: ReadonlyMap<string, ResourceSeen> | undefined;
  readonly hosts: readonly HostSeen[] | undefined;
}

/** The chunks that a job asks for; without a "select" it is one. */
function chunksOf({resources}: JobsToJudge): readonly Chunk[] {
  if (resources.select !== undefined) return readSelect(resources.select) ?? [];
  return resources.nodes === undefined ? [{count: 1, resources: Object.entries(resources)}] : [];
}

function namesAsked(jobs: JobsToJudge): string[] {
  const within = chunksOf(jobs).flatMap(({resources}) => resources.map(([name]) => name.toLowerCase()));
  return [...new Set([...Object.keys(jobs.resources).map((name) => name.toLowerCase()), ...within])];
}

/** A job asks for a resource that PBS by itself does not have. */
export function namesSites(jobs: JobsToJudge): boolean {
  return namesAsked(jobs).some((name) => !isBuiltIn(name));
}

/** A chunk asks for more than one processor: any host has that. */
export function asksMuch(jobs: JobsToJudge): boolean {
  return chunksOf(jobs).some(({count, resources}) =>
    resources.some(
      ([name, value]) => (name === 'ncpus' && (Number(value) > 1 || count > 1)) || name === 'mem' || !isBuiltIn(name),
    ),
  );
}

/** Names of resources that some versions of PBS have by themselves. Source: resc_def_all.xml of several versions. */
const OF_SOME_VERSIONS =
  /^(mpp\w+|accelerator\w*|naccelerators|aoe|eoe|vntype|nchunk|hpm|ssinodes|energy|cpupercent|nodemask|nodect|resc|partition|sw_index|netwinds|p?gov|pcap_\w+|pstate|exec_vnode|\w+_time|interactive|intent)$/;

/** What the server would refuse, or could never run, of the resources of jobs. Pure. */
export function findResources(jobs: readonly JobsToJudge[], known: Known): Finding[] {
  return jobs.flatMap((each) => {
    if (!('step' in each.whose)) return [];
    const {step} = each.whose;
    return [...findUnknown(each, step, known), ...findMisplaced(each, step, known), ...findTooMuch(each, step, known)];
  });
}

function findUnknown(jobs: JobsToJudge, step: string, {defined, server, queues, hosts = []}: Known): Finding[] {
  if (defined === undefined) return [];
  const groups = [server, ...queues].flatMap((each) => [each.resourcesMax, each.resourcesDefault]);
  const seen = new Set(
    [...groups, ...hosts.map(({resources}) => resources)].flatMap((group) => Object.keys(group ?? {})),
  );
  const names = [...defined.keys()].join(', ') || 'none';
  return namesAsked(jobs).flatMap((name) => {
    if (isBuiltIn(name) || OF_SOME_VERSIONS.test(name) || defined.has(name) || seen.has(name)) return [];
    const hint = FOREIGN_RESOURCES[name];
    return [
      problem(
        `step ${step}: server ${server.name} has no resource "${name}"${stands(jobs, name)}`,
        `PBS refuses such a job ("Unknown resource"); besides those of PBS itself the site has ${names}`,
        EXIT.usage,
        hint === undefined ? 'Correct the name, or ask the site how it is called.' : `It is ${hint}.`,
      ),
    ];
  });
}

/** A resource of hosts stands within a "select", and another one beside it. Source: OpenPBS, req_quejob() and do_schedselect(). */
function findMisplaced(jobs: JobsToJudge, step: string, {defined}: Known): Finding[] {
  const {select} = jobs.resources;
  if (defined === undefined || select === undefined) return [];
  const ofHosts = (name: string) => defined.get(name.toLowerCase())?.flags?.includes('h');
  const beside = Object.keys(jobs.resources).filter((name) => ofHosts(name));
  const within = chunksOf(jobs).flatMap(({resources}) => resources.map(([name]) => name));
  const misplaced = [...new Set(within)].filter(
    (name) => defined.get(name.toLowerCase())?.flags !== undefined && !ofHosts(name),
  );
  return [
    ...beside.map((name) =>
      problem(
        `step ${step}: ${name} stands beside "select"${stands(jobs, name)}`,
        `PBS refuses that ("-lresource=" cannot be used with "select" or "place", resource is: ${name})`,
        EXIT.usage,
        `Write it into the select: ${select}:${name}=${jobs.resources[name]}`,
      ),
    ),
    ...misplaced.map((name) =>
      problem(
        `step ${step}: ${name} stands within "select"${stands(jobs, name)}`,
        `PBS refuses that (Resource invalid in "select" specification: ${name})`,
        EXIT.usage,
        'Write it beside the select, as a resource of its own.',
      ),
    ),
  ];
}

/** More than any host has for a chunk, or than all hosts have together: such a job waits for ever. */
function findTooMuch(jobs: JobsToJudge, step: string, {hosts, defined}: Known): Finding[] {
  if (hosts === undefined || hosts.length === 0) return [];
  const counted = (name: string) => name === 'ncpus' || name === 'mem' || /[nf]/.test(defined?.get(name)?.flags ?? '');
  const has = ({resources}: HostSeen, name: string) => readAmount(name, resources[name] ?? '');
  const chunks = chunksOf(jobs).map(({count, resources}) => ({
    count,
    amounts: resources.flatMap(([name, value]): [string, number, string][] => {
      const amount = counted(name) ? readAmount(name, value) : undefined;
      // A host that does not say how much it has is not judged.
      return amount === undefined || hosts.some((host) => has(host, name) === undefined) ? [] : [[name, amount, value]];
    }),
  }));
  const next = 'Ask for less in a chunk; pbsnodes -a shows what the hosts have.';
  for (const {amounts} of chunks) {
    if (hosts.some((host) => amounts.every(([name, amount]) => (has(host, name) ?? 0) >= amount))) continue;
    const asked = amounts.map(([name, , value]) => `${name}=${value}`).join(':');
    const [first] = amounts;
    const most = first ? Math.max(...hosts.map((host) => has(host, first[0]) ?? 0)) : 0;
    const why =
      amounts.length === 1 && first ? `the most that one has is ${inWords(first[0], most)}` : 'none has all of it';
    return [
      problem(
        `step ${step}: no host has ${asked}${stands(jobs, 'select', 'ncpus', 'mem')}`,
        `such a job can never run: ${why}`,
        EXIT.usage,
        next,
      ),
    ];
  }
  for (const name of new Set(chunks.flatMap(({amounts}) => amounts.map(([each]) => each)))) {
    const wanted = chunks.reduce(
      (sum, {count, amounts}) => sum + count * (amounts.find(([each]) => each === name)?.[1] ?? 0),
      0,
    );
    const all = hosts.reduce((sum, host) => sum + (has(host, name) ?? 0), 0);
    if (wanted > all)
      return [
        problem(
          `step ${step}: all hosts together have less ${name} than ${inWords(name, wanted)}${stands(jobs, 'select', name)}`,
          `such a job can never run: they have ${inWords(name, all)}`,
          EXIT.usage,
          'Ask for fewer chunks; pbsnodes -a shows what the hosts have.',
        ),
      ];
  }
  return [];
}

function inWords(name: string, amount: number): string {
  return name === 'mem' ? `${Math.floor(amount / 1024 ** 2)}mb` : String(amount);
}

/** ` (gpu.sh:2)` */
function stands({place}: JobsToJudge, ...names: readonly string[]): string {
  const found = names.map((resource) => place?.({resource})).find((each) => each !== undefined);
  return found === undefined ? '' : ` (${found})`;
}
