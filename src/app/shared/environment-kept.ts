import {
  environmentOf,
  type KeptEnvironment,
  keepEnvironment,
  passedTo,
  type Variables,
} from '../../batch-scripts/passed-environment.ts';
import {readDirectives} from '../../scheduler/directives/read-directives.ts';
import {type Finding, note} from './findings.ts';
import type {PreparedWorkflow} from './prepare-run.ts';

type Parts = Pick<PreparedWorkflow, 'workflow' | 'scripts'>;

/** What is kept of this process's environment for the jobs of a run. @returns undefined when no script takes anything of it */
export function environmentKept({workflow, scripts}: Parts): KeptEnvironment | undefined {
  const passed = workflow.steps.flatMap((step) => {
    const script = step.kind === 'job' ? scripts.get(step.name) : undefined;
    return step.kind === 'job' && script ? [passedTo(readDirectives(new TextDecoder().decode(script)), step.env)] : [];
  });
  return keepEnvironment(process.env, passed);
}

/** What one script is to have of this process's environment. @param own what is set for it besides */
export function environmentOfScript(text: string, own: Variables): Variables | undefined {
  const passed = passedTo(readDirectives(text), own);
  const kept = keepEnvironment(process.env, [passed]);
  return kept && environmentOf(kept.variables, passed);
}

/** What a person should know of it. */
export function findLeftOut(prepared: Parts): Finding[] {
  const {secrets = [], long = []} = environmentKept(prepared) ?? {};
  const left = (names: readonly string[], why: string): Finding[] =>
    names.length === 0
      ? []
      : [
          note(
            `"#PBS -V" hands on no ${names.join(', ')}`,
            why,
            'A script that needs one of them names it, in a line "#PBS -v NAME": it is then kept with the run.',
          ),
        ];
  return [
    ...left(
      secrets,
      'by their names they are secrets, and what is handed on is kept in the state directory and shown by qstat',
    ),
    ...left(long, 'the environment is very large, and these are its longest values'),
  ];
}
