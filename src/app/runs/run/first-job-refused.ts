import {basename} from 'node:path';
import type {JobDefaults} from '../../../config/profile.ts';
import type {Withdrawn} from '../../../engine/end-run.ts';
import {EXIT, StageError} from '../../../errors.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import {qsubCommandLine} from '../../../scheduler/directives/command-line.ts';
import {lineOfRefusal} from '../../../scheduler/directives/line-of-refusal.ts';
import {readDirectives} from '../../../scheduler/directives/read-directives.ts';
import type {PreparedWorkflow} from '../../shared/prepare-run.ts';

/** PBS refused the first job of a new run. The run is not created, and nothing of it is left. */
export class FirstJobRefused extends StageError {
  /** @param withdrawn without the words of PBS where another process heard them */
  constructor(
    {run, step, refusal}: Pick<Withdrawn, 'run'> & Partial<Withdrawn>,
    prepared: PreparedWorkflow,
    defaults: JobDefaults,
  ) {
    const place = step === undefined ? '' : placeOf(step, refusal?.why ?? '', prepared, defaults);
    super({
      code: 'FIRST_JOB_REFUSED',
      exit: EXIT.usage,
      what: `run "${nameOf(run)}" was not created: PBS refused its first job`,
      why: refusal === undefined ? 'another process that submitted it was told so' : `${step}${place}: ${refusal.why}`,
      next: [
        ...(refusal?.next ?? []),
        'Nothing was moved, and no job is left. When that is corrected, run the same command again.',
      ],
    });
  }
}

function nameOf(run: RunId): string {
  return run.replace(/\.\d+$/, '');
}

/** ` (gpu.sh:2)`, where the words of PBS tell which line it is. */
function placeOf(step: string, words: string, {workflow, scripts}: PreparedWorkflow, defaults: JobDefaults): string {
  const job = workflow.steps.find(({name}) => name === step);
  const content = scripts.get(step);
  if (job?.kind !== 'job' || content === undefined) return '';
  const directives = readDirectives(new TextDecoder().decode(content));
  const line = lineOfRefusal(words, directives, qsubCommandLine(directives, job, defaults));
  return line === undefined ? '' : ` (${basename(job.script)}:${line})`;
}
