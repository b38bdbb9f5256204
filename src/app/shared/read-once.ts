/** Read what a name stands for once, and give the same answer again when it is asked for a second time. */
export function readOnce<T>(read: (name: string) => T): (name: string) => T {
  const known = new Map<string, {readonly value: T}>();
  return (name) => {
    const answer = known.get(name) ?? {value: read(name)};
    known.set(name, answer);
    return answer.value;
  };
}
