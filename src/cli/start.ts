import {lstatSync} from 'node:fs';
import {enableCompileCache} from 'node:module';

// What bin/stage starts: it loads nothing else of stage itself, so that it can say when that is missing.

// What was compiled spares the next start a good part of its time. Only where stage keeps things already: made from
// nothing, the directory would hang where an automounter answers ENOENT although the parent exists.
const cache = `${process.env.XDG_CACHE_HOME || `${process.env.HOME}/.cache`}/stage`;
// What others could have put there would run as one's own: src/disk/trust.ts says so later on, and in words.
if (isOwn(cache)) enableCompileCache(`${cache}/compiled`);
import('./main.ts').catch((error: unknown) => {
  // 126, as a shell says it of what cannot be executed: staging jobs try again, since an installation may be on its way.
  const told = {
    code: 'NOT_LOADED',
    exit: 126,
    what: 'stage could not be loaded',
    // Only loading fails here: main.ts shows its own errors. Further lines tell which file asked for the missing one.
    why: (error as Error).message.split('\n')[0]?.replace(/\p{C}/gu, '?'), // it may name a path of any letters
    next: ['If it is being installed or built at this moment, run the same command again; otherwise install it again.'],
    details: [],
  };
  process.exitCode = told.exit;
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({error: told}, null, 2)}\n`);
  else process.stderr.write(`error: ${told.what}\n  why: ${told.why}\n  next: ${told.next[0]}\n`);
});

function isOwn(directory: string): boolean {
  try {
    const {uid, mode} = lstatSync(directory);
    return uid === process.getuid?.() && (mode & 0o022) === 0;
  } catch {
    return false; // it is not there, or cannot be reached
  }
}
