// Without the API of TypeScript 6 no modules would be found, and no rule broken (docs/decisions/0021).
if (!require('typescript').transpileModule) throw new Error('dependency-cruiser needs typescript 6 under that name');

// Imports run one way; docs/architecture.md draws the same picture:
//   commands → cli → app/<one capability> → engine, submission, standing → ledger, limits, ports → disk, base
// Only wiring/ imports adapters. Each room lists what it may import; whatever else it imports is an error.
const GROUND = ['src/base/', 'src/errors.ts'];
const PORTS = [
  'src/scheduler/[^/]+\\.ts',
  'src/scheduler/directives/',
  'src/transfer/[^/]+\\.ts',
  'src/globus-errors.ts',
];

/** A room may import itself, the ground it names, and packages; nothing else of src/ or commands/. */
function room(name, from, ...allowed) {
  return {
    name,
    severity: 'error',
    from: {path: `^${from}`},
    to: {path: '^(src|commands)/', pathNot: [from, ...allowed].map((path) => `^${path}`)},
  };
}

const forbidden = [
  {name: 'no-circles', severity: 'error', from: {}, to: {circular: true}},
  {name: 'nothing-imports-commands', severity: 'error', from: {pathNot: '^commands/'}, to: {path: '^commands/'}},
  room('errors-import-nothing', 'src/errors.ts'),
  room('base-imports-nothing', 'src/base/'),
  room('disk-knows-base', 'src/disk/', ...GROUND),
  room('log-knows-disk', 'src/log/', 'src/disk/', ...GROUND),
  room('process-knows-base', 'src/process/', ...GROUND),
  {
    ...room('files-know-base', 'src/files/', ...GROUND),
    comment:
      'It works on the files of users, in whatever process: what is asked of it, and what came of it, are values.',
  },
  room('globus-errors-know-the-base-error', 'src/globus-errors.ts', 'src/errors.ts'),
  room('workflow-knows-base', 'src/workflow/', ...GROUND),
  room('scheduler-port-knows-base', 'src/scheduler/[^/]+\\.ts', ...GROUND),
  {
    ...room('directives-know-base', 'src/scheduler/directives/', ...GROUND),
    comment: 'What qsub reads in a script, as a language: values in, values out.',
  },
  room(
    'pbs-adapter-knows-its-port',
    'src/scheduler/pbs/',
    'src/scheduler/[^/]+\\.ts',
    'src/scheduler/directives/',
    'src/process/',
    ...GROUND,
  ),
  room('transfer-port-knows-base', 'src/transfer/[^/]+\\.ts', 'src/globus-errors.ts', ...GROUND),
  room(
    'globus-adapter-knows-its-port',
    'src/transfer/globus/',
    'src/transfer/[^/]+\\.ts',
    'src/auth/',
    'src/globus-errors.ts',
    ...GROUND,
  ),
  {
    ...room(
      'record-of-ways-knows-disk',
      'src/transfer/record/',
      'src/transfer/[^/]+\\.ts',
      'src/disk/',
      'src/globus-errors.ts',
      ...GROUND,
    ),
    comment: 'What is on record of a task that another way than Globus moves: its adapters share it.',
  },
  room(
    'command-adapter-knows-its-port',
    'src/transfer/command/',
    'src/transfer/[^/]+\\.ts',
    'src/transfer/record/',
    'src/process/',
    'src/disk/',
    'src/globus-errors.ts',
    ...GROUND,
  ),
  room(
    'copy-adapter-knows-submission',
    'src/transfer/copy/',
    'src/transfer/[^/]+\\.ts',
    'src/transfer/record/',
    'src/submission/',
    'src/scheduler/[^/]+\\.ts',
    'src/disk/',
    'src/globus-errors.ts',
    ...GROUND,
  ),
  room('auth-knows-disk', 'src/auth/', 'src/disk/', 'src/globus-errors.ts', ...GROUND),
  {
    ...room('config-knows-disk', 'src/config/', 'src/disk/', 'src/workflow/', 'src/log/log.ts', ...GROUND),
    comment:
      'Configuration and workflow files are both YAML, which src/workflow/file reads; a profile has defaults for steps.',
  },
  room('ledger-knows-disk-and-workflow', 'src/ledger/', 'src/disk/', 'src/workflow/', ...GROUND),
  room('submission-knows-ports', 'src/submission/', 'src/disk/', ...PORTS, ...GROUND),
  room('outputs-know-disk', 'src/outputs/', 'src/files/', 'src/process/', 'src/disk/', ...GROUND),
  room('limits-know-disk', 'src/limits/', 'src/disk/', ...GROUND),
  {
    ...room(
      'campaigns-know-ledger-and-limits',
      'src/campaign/',
      'src/ledger/',
      'src/limits/',
      'src/workflow/',
      'src/disk/',
      'src/config/map-path\\.ts',
      ...GROUND,
    ),
    comment: 'The engine is a sibling: it asks for admission by a port of its own, which src/wiring connects.',
  },
  room(
    'engine-knows-ports-not-adapters',
    'src/engine/',
    'src/ledger/',
    'src/submission/',
    'src/limits/',
    'src/workflow/',
    'src/disk/',
    ...PORTS,
    ...GROUND,
  ),
  {
    name: 'plan-is-pure',
    comment:
      'No adapter, no clock, no I/O: only types and pure parts of ledger, limits, submission, workflow and the ports.',
    severity: 'error',
    from: {path: '^src/engine/plan/'},
    to: {
      pathNot: [
        '^src/engine/plan/',
        '^src/ledger/(run-facts|attempts|summary|monitor-link)\\.ts$',
        '^src/limits/grant\\.ts$',
        '^src/submission/resolution\\.ts$',
        '^src/workflow/model/',
        '^src/base/',
        '^src/scheduler/(scheduler|reservations)\\.ts$',
        '^src/transfer/transfer-service\\.ts$',
      ],
    },
  },
  room(
    'standing-knows-plan-and-ledger',
    'src/standing/',
    'src/engine/plan/',
    'src/ledger/',
    'src/workflow/model/',
    ...PORTS,
    ...GROUND,
  ),
  {
    ...room(
      'batch-scripts-know-ledger',
      'src/batch-scripts/',
      'src/scheduler/[^/]+\\.ts',
      'src/scheduler/directives/',
      'src/ledger/',
      'src/workflow/model/',
      'src/disk/',
      'src/engine/(context|plan/actions)\\.ts',
      'src/config/(profile|proxy)\\.ts',
      ...GROUND,
    ),
    comment: 'They implement JobFiles of the engine for the jobs that it plans, and put a profile into scripts.',
  },
  {
    name: 'capabilities-know-no-siblings',
    comment: 'What two capabilities need lies in app/shared; how places are named, in app/places.',
    severity: 'error',
    from: {path: '^src/app/([^/]+)/'},
    to: {path: '^src/app/', pathNot: ['^src/app/$1/', '^src/app/(shared|places)/']},
  },
  {
    name: 'app-knows-no-adapter',
    severity: 'error',
    from: {path: '^src/app/'},
    to: {path: '^src/(scheduler/pbs|transfer/(globus|command|copy|record)|process|cli)/|^src/wiring/(?!stage\\.ts)'},
  },
  {
    name: 'only-cli-and-commands-import-app',
    severity: 'error',
    from: {path: '^src/', pathNot: '^src/(app|cli)/'},
    to: {path: '^src/app/'},
  },
  {
    name: 'commands-are-thin',
    comment: 'A command parses, calls one use-case and renders; it reaches neither engine, ledger nor adapters.',
    severity: 'error',
    from: {path: '^commands/'},
    to: {
      path: '^src/',
      pathNot: '^src/(app/|cli/|base/|errors\\.ts$|(workflow|campaign)/file/json-schema\\.ts$)',
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'cli-calls-use-cases',
    severity: 'error',
    from: {path: '^src/cli/'},
    to: {
      path: '^src/',
      pathNot: '^src/(cli|app|base|wiring|workflow/model)/|^src/errors\\.ts$',
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'nothing-below-cli-knows-oclif',
    severity: 'error',
    from: {path: '^src/', pathNot: '^src/cli/'},
    to: {path: 'node_modules/@oclif/'},
  },
  {
    name: 'only-wiring-imports-adapters',
    severity: 'error',
    from: {path: '^(src|commands)/', pathNot: '^src/(wiring|scheduler/pbs|transfer/(globus|command|copy|record))/'},
    to: {path: '^src/(scheduler/pbs|transfer/(globus|command|copy|record))/'},
  },
  {
    name: 'stand-ins-stand-alone',
    comment: 'The stand-ins play the other side: they share no code with the client they are to test.',
    severity: 'error',
    from: {path: '^src/stand-ins/'},
    to: {path: '^(src|commands)/', pathNot: '^src/stand-ins/'},
  },
  {
    name: 'stand-ins-have-one-door',
    severity: 'error',
    from: {path: '^(src|commands)/', pathNot: '^src/stand-ins/'},
    to: {path: '^src/stand-ins/', pathNot: '^src/stand-ins/door\\.ts$'},
  },
  {
    name: 'declared-dependencies-only',
    severity: 'error',
    from: {},
    to: {dependencyTypes: ['npm-no-pkg', 'npm-unknown']},
  },
  {
    name: 'no-tools-in-the-product',
    comment: 'What is bundled is a devDependency, as what builds and tests it is: the latter stays out.',
    severity: 'error',
    from: {},
    to: {path: 'node_modules/(vitest|execa|fast-check|rolldown|typescript|dependency-cruiser|vega-datasets|@biomejs)/'},
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden,
  options: {
    doNotFollow: {path: 'node_modules'},
    tsConfig: {fileName: 'tsconfig.json'},
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
