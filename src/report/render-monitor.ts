import {type ProblemText, renderProblems} from './render-status.ts';

interface MonitorParts {
  readonly looked: {readonly runs: number; readonly jobs: number; readonly tasks: number};
  readonly did: readonly {readonly run: string; readonly step: string; readonly action: string; readonly why: string}[];
  readonly ended: readonly {readonly run: string; readonly state: string}[];
  readonly problems: readonly ProblemText[];
  readonly notKnown: readonly string[];
}

/** What one look saw and did. */
export function renderMonitor({looked, did, ended, problems, notKnown}: MonitorParts): string {
  return [
    `looked at ${looked.runs} runs, ${looked.jobs} jobs, ${looked.tasks} tasks`,
    ...did.map(({run, step, action, why}) => `${run} ${step}: ${action} (${why})`),
    ...ended.map(({run, state}) => `${run} has ended: ${state}`),
    ...notKnown.map((line) => `${line}; nothing was concluded`),
    ...renderProblems(problems),
  ].join('\n');
}
