import {type FindingText, renderFindings} from '../shared/render-findings.ts';

export function renderDoctor({findings}: {readonly findings: readonly FindingText[]}): string {
  const wrong = findings.some(({level}) => level === 'problem');
  return [...renderFindings(findings), wrong ? 'Something has to be corrected first.' : 'All is well.'].join('\n');
}
