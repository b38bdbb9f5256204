import {type NormalFormContext, placeNamesIn, toNormalForm} from '../model/normal-form.ts';
import type {Workflow} from '../model/workflow.ts';
import {checkTouched} from './check-acts.ts';
import {checkClaims} from './check-limits.ts';
import {checkSteps} from './check-steps.ts';
import {checkNames, explainSchema} from './explain-schema.ts';
import type {Problem} from './problems.ts';
import {fileSchema} from './schema.ts';

export type Checked = {readonly workflow: Workflow} | {readonly problems: readonly Problem[]};

/**
 * Check a workflow as it was written, its parameters already put in, and give it its normal form.
 * The way of every workflow, whether it comes from a file or from flags.
 */
export function checkWorkflow(raw: unknown, context: NormalFormContext): Checked {
  const parsed = fileSchema.safeParse(raw);
  const problems = [
    ...(parsed.success ? [] : explainSchema(raw, parsed.error)),
    ...checkNames(raw),
    ...checkSteps(raw, context, context.batches),
  ];
  if (!parsed.success || problems.length > 0) return {problems};
  const workflow = toNormalForm(parsed.data, context);
  const touched = checkTouched(workflow, placeNamesIn(parsed.data, context));
  const found = [...touched, ...checkClaims(parsed.data, workflow.steps)];
  return found.length > 0 ? {problems: found} : {workflow};
}
