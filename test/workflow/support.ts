import {type LoadOptions, loadWorkflow} from '../../src/workflow/file/load.ts';
import {WorkflowInvalid} from '../../src/workflow/file/problems.ts';
import type {Workflow} from '../../src/workflow/model/workflow.ts';

export const THETA = '08925f04-569f-11e7-bef8-22000b9a448b';
export const LAPTOP = '61d8a676-447d-11ea-ab4d-0a7959ea6081';

export const OPTIONS: LoadOptions = {params: {}, collections: {theta: THETA, laptop: LAPTOP}};

export function load(text: string, options: Partial<LoadOptions> = {}): Workflow {
  return loadWorkflow({text, file: 'flow.yaml', directory: '/work/flow'}, {...OPTIONS, ...options});
}

/** The error that something throws, when it is the one a wrong workflow gets. */
export function invalidOf(act: () => unknown): WorkflowInvalid {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  if (thrown instanceof WorkflowInvalid) return thrown;
  throw new Error(`expected WorkflowInvalid, got ${String(thrown)}`, {cause: thrown});
}

/** The example of the documentation. */
export const EXAMPLE = `name: climate-ens
collections:
  theta: ${THETA}
  laptop: ${LAPTOP}
steps:
  stage-in:
    transfer: { from: "theta:/~/dmtestdata/", to: "laptop:/~/xfer/", recursive: true }
  compute:
    needs: [stage-in]
    job: { script: computeJob.sh, resources: { select: "1:ncpus=4", walltime: "01:00:00" } }
  stage-out:
    needs: [compute]
    transfer: { from: "laptop:/~/results/", to: "theta:/~/results/", recursive: true }
  cleanup:
    on_failure_of: [stage-in, compute]
    job: { script: cleanup.sh }
`;
