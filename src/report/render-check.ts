interface CheckParts {
  readonly name: string;
  readonly steps: readonly {
    readonly step: string;
    readonly what: string;
    readonly when: string;
    readonly helpers: readonly string[];
  }[];
  readonly existing?: string;
}

/** What would be done, step by step. */
export function renderCheck({name, steps, existing}: CheckParts): string {
  return [
    `The workflow is valid. "stage run" would start it as "${name}":`,
    ...steps.flatMap(({step, what, when, helpers}) => [
      `  ${step}: ${what}`,
      `    ${when}`,
      ...helpers.map((helper) => `    with a ${helper}`),
    ]),
    ...(existing ? [`${existing} exists already; "stage run" compares it with this workflow first.`] : []),
    'Nothing was changed.',
  ].join('\n');
}
