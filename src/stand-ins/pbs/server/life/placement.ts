import {chunksOf} from '../../language/resources.ts';
import type {Core} from '../core.ts';
import type {Job} from '../store/job.ts';

/** Where a job runs: the only node there is, and the first slot of it that nobody has. */

function freeSlot(core: Core): number {
  const taken = new Set(
    [...core.jobs.values()]
      .filter((job) => job.state === 'R' || job.state === 'E')
      .map((job) => Number(/\/(\d+)/.exec(job.execHost ?? '')?.[1] ?? '-1')),
  );
  for (let slot = 0; ; slot += 1) if (!taken.has(slot)) return slot;
}

export function assign(core: Core, job: Job): void {
  const chunks = chunksOf(job.resources, core.settings.resources).flatMap((chunk) =>
    Array<typeof chunk>(chunk.count).fill(chunk),
  );
  const slot = freeSlot(core);
  job.execHost = chunks
    .map(
      (chunk, at) => `${core.names.server}/${slot + at}${Number(chunk.asked.ncpus) > 1 ? `*${chunk.asked.ncpus}` : ''}`,
    )
    .join('+');
  job.execVnode = chunks
    .map((chunk) => {
      const {ncpus, ...rest} = chunk.asked;
      const more = Object.entries(rest).filter(([name]) => name === 'mem' || name === 'vmem');
      return `(${[core.names.server, ...more.map(([name, value]) => `${name}=${value}`), `ncpus=${ncpus}`].join(':')})`;
    })
    .join('+');
}
