/** One thing that was looked at. */
export interface FindingText {
  readonly level: 'ok' | 'note' | 'problem';
  readonly what: string;
  readonly why: string;
  readonly next: readonly string[];
}

const SIGNS = {ok: 'ok  ', note: 'note', problem: 'NOT '} as const;

/** What was found, with what to do about it. */
export function renderFindings(findings: readonly FindingText[]): string[] {
  return findings.flatMap(({level, what, why, next}) => [
    `${SIGNS[level]} ${what}: ${why}`,
    ...next.map((line, index) => `       ${index === 0 ? 'next:' : '     '} ${line}`),
  ]);
}
