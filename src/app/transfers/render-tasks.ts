import {type ProgressText, progressInWords} from '../shared/progress-words.ts';

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
