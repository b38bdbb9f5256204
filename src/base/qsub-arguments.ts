/** Why an option of qsub is no use to a program that submits jobs, by its letter. */
const UNUSABLE: Readonly<Record<string, string>> = {
  z: 'with -z qsub does not print the id of the job, which stage needs',
  I: 'an interactive job cannot run unattended',
};

/**
 * Why further arguments cannot be given to qsub: with an option among them a submission could not be confirmed. Letters
 * without a value may stand together, as getopt(3) reads them (`-hz`).
 */
export function unusableArgument(words: readonly string[]): string | undefined {
  const letters = words.flatMap((word) => [...(/^-[fhVX]*([zI])/.exec(word)?.[1] ?? '')]);
  return UNUSABLE[letters[0] ?? ''];
}
