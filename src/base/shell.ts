/**
 * A value as one word of a POSIX shell. Every value that reaches a script in `pbs/` goes through here.
 *
 * @throws {RangeError} for a NUL byte, which no shell can hold
 */
export function shellQuote(value: string): string {
  if (value.includes('\0')) throw new RangeError('a value for a shell script holds a NUL byte');
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** A word of a command that a person is to type: quoted only where a shell would read it otherwise. */
export function shellWord(value: string): string {
  return /^[\w@%+=:,./~-]+$/.test(value) && !/(^|[:=])~/.test(value) ? value : shellQuote(value);
}
