/** What the clients themselves check in an option's value: `illegal -X value`. Pure; nothing here asks the server. */

/** 1 to 230 characters of `[A-Za-z0-9_.+-]`, any of them first (measured on OpenPBS 23.06). */
export function checkName(name: string): 'fine' | 'illegal' | 'too-long' {
  if (!/^[A-Za-z0-9_.+-]+$/.test(name)) return 'illegal';
  return name.length > 230 ? 'too-long' : 'fine';
}

const CHECKS: Readonly<Record<string, (value: string) => boolean>> = {
  c: (value) => /^(n|s|u|c|w|[cw]=\d+)$/.test(value),
  e: (value) => legalPath(value),
  h: (value) => /^([uosp]+|n)$/.test(value),
  j: (value) => /^(oe|eo|n)$/.test(value),
  k: (value) => value === 'n' || /^[oed]+$/.test(value),
  m: (value) => value === 'n' || /^[abej]+$/.test(value),
  M: (value) => value !== '',
  o: (value) => legalPath(value),
  p: (value) => /^[+-]?\d+$/.test(value) && Number(value) >= -1024 && Number(value) <= 1023,
  r: (value) => /^[yn]$/.test(value),
  R: (value) => /^(o|e|oe|eo)$/.test(value),
  S: (value) => value.startsWith('/') || value.includes('@'),
  u: (value) => value !== '',
};

/** PBS takes paths of printable ASCII only. */
function legalPath(value: string): boolean {
  return /^[ -~]+$/.test(value);
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
