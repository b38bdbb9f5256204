interface FindingText {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly next?: string;
}

export function renderDoctor({findings}: {readonly findings: readonly FindingText[]}): string {
  const lines = findings.map(
    ({what, ok, detail, next}) => `${ok ? 'ok ' : 'NOT'}  ${what}: ${detail}${next ? `\n     next: ${next}` : ''}`,
  );
  return [
    ...lines,
    findings.every((finding) => finding.ok) ? 'All is well.' : 'Something has to be mended first.',
  ].join('\n');
}
