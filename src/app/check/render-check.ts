import {type Finding, renderFindings} from '../shared/findings.ts';

interface CheckParts {
  readonly name: string;
  readonly steps: readonly {
    readonly step: string;
    readonly what: string;
    readonly when: string;
    readonly notes: readonly string[];
    readonly helpers: readonly string[];
  }[];
  readonly existing?: string;
  readonly findings: readonly Finding[];
}

/** What would be done, step by step. */
export function renderCheck({name, steps, existing, findings}: CheckParts): string {
  return [
    `The workflow is valid. "stage run" would start it as "${name}":`,
    ...steps.flatMap(({step, what, when, notes, helpers}) => [
      `  ${step}: ${what}`,
      `    ${when}`,
      ...notes.map((note) => `    ${note}`),
      ...helpers.map((helper) => `    with a ${helper}`),
    ]),
    ...(existing ? [`${existing} exists already; "stage run" compares it with this workflow first.`] : []),
    ...renderFindings(findings),
    'Nothing was changed.',
  ].join('\n');
}
