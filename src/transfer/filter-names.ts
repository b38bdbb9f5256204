import type {FilterRule} from '../base/task-request.ts';

/** Whether a transfer takes a name along that it meets while it walks directories. */
export type IsTaken = (name: string, type: 'file' | 'dir') => boolean;

/** The first rule that fits decides, and none includes. Pure. Source: globus-sdk-python, `add_filter_rule`. */
export function readFilters(rules: readonly FilterRule[] = []): IsTaken {
  const tests = rules.map(({method, type, name}) => ({method, type, pattern: wildcards(name)}));
  return (name, type) =>
    tests.find((rule) => (rule.type ?? type) === type && rule.pattern.test(name))?.method !== 'exclude';
}

/** `* ? [] [!]`, each of which fits a dot and a line end, too. */
function wildcards(name: string): RegExp {
  const pattern = name.replace(/\[(!?)(\]?[^\]]*)\]|[\s\S]/g, (part, not: string | undefined, set?: string) => {
    if (set) return `[${not ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
    if (part === '*') return '.*';
    return part === '?' ? '.' : part.replace(/[\\^$.|+(){}[\]/]/g, '\\$&');
  });
  try {
    return new RegExp(`^${pattern}$`, 's');
  } catch {
    return /(?!)/; // a set such as [z-a] fits nothing
  }
}
