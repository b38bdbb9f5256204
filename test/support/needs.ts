import {appendFileSync} from 'node:fs';
import type {TestContext} from 'vitest';

/** What a test needs that not every server, user or machine has. */
const SENTENCES = {
  qmgr: 'needs a manager of the server: say how with STAGE_TEST_PBS_QMGR, such as "sudo /opt/pbs/bin/qmgr"',
  'stop and start':
    'needs to stop and start the server: say how with STAGE_TEST_PBS_STOP and STAGE_TEST_PBS_START, such as "sudo systemctl stop pbs"',
  qrerun: 'needs an operator of the server: an ordinary user may not qrerun a job',
  history: 'needs the history of finished jobs, which this server does not keep',
  'functions handed on':
    'needs bash, and a server known to hand on exported functions with -V: only the stand-in of the local profile is one',
  'numbers set back': 'needs a server whose job numbers can be set back: only the stand-in of the local profile is one',
  tcsh: 'needs tcsh (/bin/tcsh and /bin/csh), such as from the Debian package of that name',
  compiler: 'needs a C compiler (cc on PATH), which makes the library that lets calls to the disk fail',
} as const;

export type Need = keyof typeof SENTENCES;

/**
 * Skip the rest of a test that the server or the machine at hand cannot serve. Where `STAGE_TEST_SKIPS` names a file, what is skipped
 * is written there, so that `npm run test:pbs` can count it.
 */
export function needs({skip, task}: TestContext, need: Need, has: boolean): void {
  if (has) return;
  const file = process.env.STAGE_TEST_SKIPS;
  if (file) appendFileSync(file, `${JSON.stringify({test: task.name, file: task.file.name, why: SENTENCES[need]})}\n`);
  skip(SENTENCES[need]);
}
