import {type Finding, renderFindings} from '../shared/findings.ts';

export function renderDoctor({findings}: {readonly findings: readonly Finding[]}): string {
  const wrong = findings.some(({level}) => level === 'problem');
  return [...renderFindings(findings), wrong ? 'Something has to be corrected first.' : 'All is well.'].join('\n');
}
