import {renderBytes, renderFiles} from '../../base/units.ts';

interface TaskText {
  readonly task: string;
  readonly state: string;
  readonly reason: string;
  readonly bytesTransferred?: number;
  readonly filesTransferred?: number;
  readonly files?: number;
  readonly bytesPerSecond?: number;
}

/** One line a task: id, state, progress, reason. */
export function renderTasks(tasks: readonly TaskText[]): string {
  return tasks
    .map(({task, state, reason, bytesTransferred, filesTransferred, files, bytesPerSecond}) => {
      const progress =
        bytesTransferred === undefined
          ? ''
          : `${renderBytes(bytesTransferred)}, ${renderFiles(filesTransferred ?? 0, files)}${bytesPerSecond ? `, ${renderBytes(bytesPerSecond)}/s` : ''}`;
      return [task, state, progress, reason].filter((part) => part !== '').join('  ');
    })
    .join('\n');
}
