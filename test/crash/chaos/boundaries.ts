import type {Scenario} from '../../support/scenarios.ts';

const ONCE = [
  'run-creation',
  'active-name',
  'seal',
  'seal-fact',
  'resume-decision',
  ...['cancel', 'hold-1', 'release-1', 'update-1'].map((what) => `fact decision.${what}`),
];
const JOB_FACTS = ['intent', 'confirmed', 'delete.intent', 'delete.confirmed'];

/** Names of the effect boundaries that a run may come to, as src/submission/crash-points.ts makes them, in a fixed order. */
export function boundariesOf({steps, run}: Scenario): string[] {
  const ofRun = [...ONCE, ...steps.flatMap(({name, transfer}) => ofStep(`${name}.1`, transfer))];
  const common = [
    ...['intent', 'confirmed', 'look'].map((kind) => `fact monitor.${kind}`),
    'qsub monitor',
    'qdel monitor',
    'qalter monitor',
    'submission_id',
  ];
  return [...ofRun.map((effect) => `${effect} of ${run}`), ...common].flatMap((effect) => [
    `before ${effect}`,
    `after ${effect}`,
  ]);
}

function ofStep(attempt: string, transfer: boolean): string[] {
  const roles = transfer ? ['launcher', 'wait'] : ['job', 'sentinel'];
  const jobs = roles.flatMap((role) => [
    ...JOB_FACTS.map((fact) => `fact ${attempt}.${role}.${fact}`),
    `qsub ${attempt}.${role}`,
    `qdel ${attempt}.${role}`,
  ]);
  const own = transfer
    ? [
        `fact ${attempt}.transfer.source`,
        `fact ${attempt}.transfer.intent`,
        `transfer ${attempt}`,
        `fact ${attempt}.transfer.confirmed`,
        `fact ${attempt}.transfer.cancel.intent`,
        `cancel ${attempt}`,
      ]
    : [`fact ${attempt}.job.release.intent`, `qrls ${attempt}.job`, `fact ${attempt}.job.release.confirmed`];
  return [...jobs, ...own, `fact ${attempt}.outcome`];
}
