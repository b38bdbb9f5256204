import {readdirSync, readFileSync} from 'node:fs';

/** What processes showed to whoever may look: their arguments and their environment. */
export interface Shown {
  /** such as `4711 cmdline: sh -c …` */
  readonly part: string;
  readonly text: string;
}

export interface ProcessWatch {
  /** everything that was seen so far, each text once */
  seen(): Shown[];
  end(): void;
}

const LOOK_MS = 15;

/**
 * Look at all processes again and again, and keep what those show that have to do with a directory.
 *
 * A process that lives for a shorter time than two looks are apart may be missed; the many that are alike are not all missed.
 *
 * @param also is called at each look, for what else changes meanwhile
 */
export function watchProcesses(directory: string, also: () => void = () => undefined): ProcessWatch {
  const texts = new Map<string, Shown>();
  const look = () => {
    also();
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
      const {cmdline, environ} = shownBy((part) => shownIn(`/proc/${pid}/${part}`));
      if (!cmdline.includes(directory) && !environ.includes(directory)) continue;
      const name = cmdline.replaceAll('\0', ' ').slice(0, 400);
      for (const [part, text] of Object.entries({cmdline, environ}))
        if (!texts.has(`${part} ${text}`)) texts.set(`${part} ${text}`, {part: `${pid} ${part}: ${name}`, text});
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    seen: () => [...texts.values()],
    end: () => clearInterval(timer),
  };
}

/**
 * The arguments and the environment of one program: between the two questions the process may become another one, and a
 * command that a person typed with a secret in its environment would go by the name of what started it.
 */
export function shownBy(read: (part: 'cmdline' | 'environ') => string): {cmdline: string; environ: string} {
  for (let cmdline = read('cmdline'); ; ) {
    const environ = read('environ');
    const since = read('cmdline');
    if (since === cmdline) return {cmdline, environ};
    cmdline = since;
  }
}

function shownIn(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // it has ended, or is somebody else's
  }
}
