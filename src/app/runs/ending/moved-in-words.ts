import {count, renderBytes} from '../../../base/units.ts';
import type {StepView} from '../../shared/run-view.ts';

type Moved = Pick<StepView, 'step' | 'kind' | 'task' | 'filesTransferred' | 'bytesTransferred'>;

/** What the transfers of a run have moved: whole files, and bytes of such as are not whole yet. Pure. */
export function movedInWords(steps: readonly Moved[]): string {
  const moved = steps.flatMap((step) => (step.kind === 'transfer' ? (ofStep(step) ?? []) : []));
  return moved.length > 0 ? moved.join('; ') : 'nothing';
}

/** @returns undefined where nothing was moved */
function ofStep({step, task, filesTransferred: files, bytesTransferred: bytes = 0}: Moved): string | undefined {
  if (files === undefined) return task && bytes === 0 ? `how much ${step} moved is not known` : inParts(step, bytes);
  if (files === 0) return inParts(step, bytes);
  return `${step} ${count(files, 'file')} (${renderBytes(bytes)}), which stay where they are`;
}

function inParts(step: string, bytes: number): string | undefined {
  return bytes > 0 ? `${step} ${renderBytes(bytes)} of files that are not whole` : undefined;
}
