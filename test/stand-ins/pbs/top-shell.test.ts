import {expect, test} from 'vitest';
import {shellOf} from '../../../src/stand-ins/pbs/server/processes/job-environment.ts';
import type {Job} from '../../../src/stand-ins/pbs/server/store/job.ts';

/** The rest of a job does not say which shell it has. */
const shell = (list: string) => shellOf({shell: list, variables: 'PBS_O_SHELL=/bin/sh'} as Job, 'stage-local');

test.each([
  ['/bin/bash', '/bin/bash'],
  ['/bin/bash@stage-local,/bin/ksh', '/bin/bash'],
  ['/bin/ksh,/bin/bash@stage', '/bin/bash'],
  ['/bin/bash@nowhere,/bin/ksh', '/bin/ksh'],
  ['/bin/bash@nowhere', '/bin/sh'],
])('-S %s puts %s on top of a job of this host', (list, top) => {
  expect(shell(list)).toBe(top);
});
