interface SkippedText {
  readonly from?: string;
  readonly isDirectory: boolean;
  readonly code: string;
  readonly details: string;
}

/** One line a file, its path first and a tab after it, so that scripts can cut it off. */
export function renderSkipped(files: readonly SkippedText[]): string {
  return files
    .map(({from, isDirectory, code, details}) =>
      [`${from ?? '(a path you may not see)'}${isDirectory ? '/' : ''}`, code, details].filter(Boolean).join('\t'),
    )
    .join('\n');
}
