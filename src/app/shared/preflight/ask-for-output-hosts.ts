import {basename} from 'node:path';
import {EXIT} from '../../../errors.ts';
import {hostOfPath} from '../../../scheduler/directives/option-values.ts';
import {readDirectives} from '../../../scheduler/directives/read-directives.ts';
import type {Site} from '../../../scheduler/site.ts';
import {type Finding, problem} from '../findings.ts';
import type {PreparedWorkflow} from '../prepare-run.ts';

/** A host that a script names before the path of an output. */
interface OutputHost {
  readonly step: string;
  readonly host: string;
  readonly option: string;
  /** `n.sh:2` */
  readonly place: string;
}

/** qsub resolves each of them, also where a later line takes the place of that one. Pure. */
function outputHosts({workflow, scripts}: PreparedWorkflow): OutputHost[] {
  return workflow.steps.flatMap((step): OutputHost[] => {
    if (step.kind !== 'job') return [];
    const {options} = readDirectives(new TextDecoder().decode(scripts.get(step.name)));
    return options.flatMap(({letter, value = '', line}) => {
      const host = letter === 'o' || letter === 'e' ? hostOfPath(value) : undefined;
      if (host === undefined) return [];
      return [{step: step.name, host, option: `-${letter} ${value}`, place: `${basename(step.script)}:${line}`}];
    });
  });
}

/**
 * Whether the hosts of output paths resolve: qsub refuses the job where one does not. qstat looks them up as qsub does
 * (measured on OpenPBS 23.06), and is asked only about others than the server's own.
 */
export async function askForOutputHosts(site: Site, prepared: PreparedWorkflow, server: string): Promise<Finding[]> {
  const own = [server.toLowerCase(), 'localhost'];
  const named = outputHosts(prepared).filter(({host}) => !own.includes(host.toLowerCase()));
  const hosts = [...new Set(named.map(({host}) => host))];
  const seen = new Map(await Promise.all(hosts.map(async (host) => [host, await site.queueAt(`@${host}`)] as const)));
  return named
    .filter(({host}) => seen.get(host) === 'unknown-server')
    .map(({step, host, option, place}) =>
      problem(
        `step ${step}: there is no host "${host}" (${place})`,
        `PBS refuses #PBS ${option} ("illegal ${option.slice(0, 2)} value"): the name does not resolve on this host`,
        EXIT.usage,
        'Correct the name, or leave out the name and the colon: the output is then on the host of the submission.',
      ),
    );
}
