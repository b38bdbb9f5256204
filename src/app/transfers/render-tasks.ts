import {renderTime} from '../../base/units.ts';
import type {ProgressText} from '../../ledger/journal.ts';
import {progressInWords} from '../shared/progress-words.ts';

interface TaskText extends ProgressText {
  readonly task: string;
  readonly state: string;
  readonly reason: string;
}

/** One line a task: id, state, progress, reason. The first two are words without blanks, so that a shell can `read` them. */
export function renderTasks(tasks: readonly TaskText[]): string {
  return tasks
    .map((one) => [one.task, one.state, progressInWords(one), one.reason].filter((part) => part !== '').join('  '))
    .join('\n');
}

/** The same of tasks that were changed, with what can be changed of them. */
export function renderChanged(
  tasks: readonly (TaskText & {readonly label?: string | undefined; readonly deadline?: string | undefined})[],
): string {
  return tasks
    .map((one) => {
      if (one.state === 'unknown') return renderTasks([one]);
      const deadline =
        one.deadline === undefined ? 'no deadline shown' : `deadline ${renderTime(Date.parse(one.deadline))}`;
      return `${renderTasks([one])}  label "${one.label ?? ''}", ${deadline}`;
    })
    .join('\n');
}

interface SkippedText {
  readonly from?: string;
  readonly isDirectory: boolean;
  readonly code: string;
  readonly details: string;
}

/** One line a file, its path first and a tab after it, so that scripts can cut it off. */
export function renderSkipped(files: readonly SkippedText[]): string {
  return files
    .map(({from, isDirectory, code, details}) =>
      [`${from ?? '(a path you may not see)'}${isDirectory ? '/' : ''}`, code, details].filter(Boolean).join('\t'),
    )
    .join('\n');
}
