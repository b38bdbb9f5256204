/** Characters of a label, at most. Source: Globus Transfer API, "Task submission". */
export const LABEL_LENGTH = 128;

/** What Globus accepts as a label, in the words of error messages. */
export const LABEL = `needs 1 to ${LABEL_LENGTH} characters, without line ends and without white space at either end`;

/** For which attempt at which step of which run a task was submitted. */
export interface TaskTag {
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
}

/** Why Globus would not accept a label; undefined when it does. Pure. */
export function wrongLabel(label: string): string | undefined {
  if (label === '') return 'it is empty';
  if (label.length > LABEL_LENGTH) return `it has ${label.length} characters`;
  if (/[\r\n]/.test(label)) return 'it has a line end in it';
  return label === label.trim() ? undefined : 'it has white space at an end';
}

/**
 * The label of a task: run, step and attempt, so that it can be found when all else is lost, and then the user's own
 * words, as much of them as fits. Pure. Run and step names are at most 63 characters each.
 */
export function taskLabel({run, step, attempt}: TaskTag, words?: string): string {
  const whole = `stage ${run} ${step} ${attempt}`;
  const tag =
    whole.length <= LABEL_LENGTH
      ? whole
      : `${whole.slice(0, LABEL_LENGTH - ` ${attempt}`.length).trimEnd()} ${attempt}`;
  return withWords(tag, words);
}

const TAGGED = /^(stage (\S+) (\S+) (\d+))(?:: .*)?$/s;

/** What a label of ours says, whatever words of the user's follow; undefined for any other label. Pure. */
export function readTaskLabel(label: string): (TaskTag & {readonly tag: string}) | undefined {
  const [, tag, run, step, attempt] = TAGGED.exec(label) ?? [];
  if (tag === undefined || run === undefined || step === undefined) return undefined;
  return {tag, run, step, attempt: Number(attempt)};
}

/** A label with other words of the user's: what it says of run, step and attempt stays. Pure. */
export function relabelled(label: string, words: string): string {
  const read = readTaskLabel(label);
  return read ? withWords(read.tag, words) : words;
}

/** How many characters of the user's own a label has room for, beside what it says of run, step and attempt. Pure. */
export function roomForWords(label: string): number {
  const tag = readTaskLabel(label)?.tag;
  return tag === undefined ? LABEL_LENGTH : Math.max(0, LABEL_LENGTH - tag.length - 2);
}

/** Are these labels of the same attempt, whatever the user's words? Pure. */
export function sameTask(one: string, other: string): boolean {
  return (readTaskLabel(one)?.tag ?? one) === (readTaskLabel(other)?.tag ?? other);
}

function withWords(tag: string, words: string | undefined): string {
  const room = LABEL_LENGTH - tag.length - 2;
  if (words === undefined || room < 1) return tag;
  // Half of a character that takes two is none.
  const fitting = words
    .slice(0, room)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd();
  return fitting === '' ? tag : `${tag}: ${fitting}`;
}
