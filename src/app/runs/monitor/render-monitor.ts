import {count} from '../../../base/units.ts';
import type {ProgressText} from '../../../ledger/journal.ts';
import {progressInWords} from '../../shared/progress-words.ts';
import {type ProblemText, renderProblems} from '../../shared/render-status.ts';

interface MonitorParts {
  readonly looked: {readonly runs: number; readonly jobs: number; readonly tasks: number};
  readonly did: readonly {readonly run: string; readonly step: string; readonly action: string; readonly why: string}[];
  readonly moving: readonly ({readonly run: string; readonly step: string} & ProgressText)[];
  readonly ended: readonly {readonly run: string; readonly state: string}[];
  readonly problems: readonly ProblemText[];
  readonly notKnown: readonly string[];
}

/** What one look saw and did. */
export function renderMonitor({looked, did, moving, ended, problems, notKnown}: MonitorParts): string {
  return [
    `looked at ${count(looked.runs, 'run')}, ${count(looked.jobs, 'job')}, ${count(looked.tasks, 'task')}`,
    ...did.map(({run, step, action, why}) => `${run} ${step}: ${action} (${why})`),
    ...moving.map(({run, step, ...progress}) => `${run} ${step}: ${progressInWords(progress)}`),
    ...ended.map(({run, state}) => `${run} has ended: ${state}`),
    ...notKnown.map((line) => `${line}; nothing was concluded`),
    ...renderProblems(problems),
  ].join('\n');
}
