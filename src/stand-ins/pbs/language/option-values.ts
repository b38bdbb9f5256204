/** What the clients themselves check in an option's value: `illegal -X value`. Pure; nothing here asks the server. */

/** 1 to 230 characters of `[A-Za-z0-9_.+-]`, any of them first (measured on OpenPBS 23.06). */
export function checkName(name: string): 'fine' | 'illegal' | 'too-long' {
  if (!/^[A-Za-z0-9_.+-]+$/.test(name)) return 'illegal';
  return name.length > 230 ? 'too-long' : 'fine';
}

const CHECKS: Readonly<Record<string, (value: string) => boolean>> = {
  c: (value) => /^([nsucw]|[cw]=\d+)$/.test(value),
  e: (value) => legalPath(value),
  h: (value) => /^([uosp]+|n)$/.test(value),
  j: (value) => /^(oe|eo|n)$/.test(value),
  J: (value) => {
    const [, first, last, step = '1'] = /^(\d+)-(\d+)(?::(\d+))?$/.exec(value) ?? [];
    return last !== undefined && Number(first) < Number(last) && Number(step) >= 1;
  },
  k: (value) => /^[oedn]+$/.test(value) && !(/[oe]/.test(value) && /n/.test(value)) && !/^d+$/.test(value),
  m: (value) => /^(n|[abej]+)$/.test(value) && value !== 'j',
  M: (value) => isAtList(value),
  o: (value) => legalPath(value),
  // A sign alone is 0 (measured).
  p: (value) => /^\s*[+-]?\d*$/.test(value) && value.trim() !== '' && !(Number(value) < -1024 || Number(value) > 1023),
  r: (value) => /^[yn]$/.test(value),
  R: (value) => /^[oe]+$/.test(value),
  S: (value) => isAtList(value, {eachHostOnce: true, absolute: true}),
  u: (value) => isAtList(value, {eachHostOnce: true}),
};

/** Printable ASCII, and not blank; before a colon stands a host. Source: prepare_path() in prepare_path.c. */
function legalPath(value: string): boolean {
  const path = value.trimStart();
  return /^[ -~]+$/.test(path) && /^[A-Za-z0-9.-]*[:/]|^[^:]*$/.test(path);
}

/** `name[@host],...`. Source: parse_at_list() in parse_at.c. */
function isAtList(value: string, {eachHostOnce = false, absolute = false} = {}): boolean {
  const items = value.split(',').map((item) => item.trim());
  const hosts = items.map((item) => item.split('@')[1] ?? '');
  return (
    items.every((item) => /^[!-~]+$/.test(item) && /^[^#@]+(@[^#@]+)?$/.test(item)) &&
    (!absolute || items.every((item) => item.startsWith('/'))) &&
    (!eachHostOnce || new Set(hosts).size === hosts.length)
  );
}

export function legalValue(letter: string, value: string): boolean {
  return CHECKS[letter]?.(value) ?? true;
}

/** One `-W` argument: `name=value[,name=value...]`; a value may hold commas where no name follows. */
export function readAttributes(text: string): {name: string; value: string}[] | undefined {
  const found: {name: string; value: string}[] = [];
  let rest = text;
  do {
    const head = /^\s*([A-Za-z_][\w.]*)=/.exec(rest);
    if (!head) return undefined;
    rest = rest.slice(head[0].length);
    const quoted = /^(["'])(.*?)\1(?=,|$)/.exec(rest);
    if (quoted) {
      found.push({name: head[1] ?? '', value: quoted[2] ?? ''});
      rest = rest.slice(quoted[0].length);
    } else {
      const end =
        /,(?=\s*[A-Za-z_][\w.]*=(?!.*:))|,(?=\s*(?:block|umask|group_list|stagein|stageout|sandbox|run_count|depend|comment|\w+_\w+)=)/.exec(
          rest,
        );
      const value = end ? rest.slice(0, end.index) : rest;
      // An empty value without quotes is refused.
      if (value === '') return undefined;
      found.push({name: head[1] ?? '', value});
      rest = end ? rest.slice(end.index) : '';
    }
    if (rest.startsWith(',')) {
      rest = rest.slice(1);
      if (rest === '') return undefined;
    }
  } while (rest !== '');
  return found;
}
