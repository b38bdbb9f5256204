import {readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import type {OpenRun} from '../../ledger/ledger.ts';
import type {JobStep} from '../../workflow/model/workflow.ts';

/**
 * Where the server of a step's queue is named: a key of the workflow, a line of the script (`n.sh:2`), or the profile.
 *
 * @param server as in `normal@server`
 */
export function whereNamed({layout, state}: OpenRun, step: JobStep, server: string): string {
  if (step.queue?.includes(`@${server}`)) return `steps.${step.name}.job.queue`;
  const line = lineWith(join(layout.scripts, state.spec.scripts?.[step.name] ?? `${step.name}.script`), server);
  const file = relative(state.spec.workflow.workdir, step.script);
  return line === undefined ? 'the profile' : `${file.startsWith('..') ? step.script : file}:${line}`;
}

/** The line of a `#PBS` directive that names a server, from 1. */
function lineWith(script: string, server: string): number | undefined {
  try {
    const lines = readFileSync(script, 'utf8').split('\n');
    const at = lines.findIndex((line) => /^\s*#PBS/.test(line) && line.includes(`@${server}`));
    return at < 0 ? undefined : at + 1;
  } catch {
    return undefined; // told for people: nothing depends on it
  }
}
