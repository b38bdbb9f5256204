// Imports run one way: commands → app → engine → (workflow, ports, ledger). Adapters implement ports and know
// nothing above them. docs/architecture.md draws the same picture.
const room = (name) => `^src/${name}/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {name: 'no-circles', severity: 'error', from: {}, to: {circular: true}},
    {name: 'nothing-imports-commands', severity: 'error', from: {pathNot: '^commands/'}, to: {path: '^commands/'}},
    {
      name: 'only-commands-and-the-entry-import-app',
      severity: 'error',
      from: {path: '^src/', pathNot: ['^src/app/', '^src/main\\.ts$']},
      to: {path: room('app')},
    },
    {
      name: 'commands-are-thin',
      comment: 'A command parses, calls one use-case and renders; it reaches neither engine, ledger nor adapters.',
      severity: 'error',
      from: {path: '^commands/'},
      to: {path: '^src/(engine|ledger|scheduler|transfer|auth|config|process)/', dependencyTypesNot: ['type-only']},
    },
    {
      name: 'engine-knows-ports-not-adapters',
      severity: 'error',
      from: {path: room('engine')},
      to: {path: '^src/(app|report|local|auth|config|process|scheduler/pbs|transfer/globus)/'},
    },
    {
      name: 'plan-is-pure',
      comment: 'No adapter, no clock, no I/O: only types and pure parts of ledger, workflow and the ports.',
      severity: 'error',
      from: {path: '^src/engine/plan/'},
      to: {
        pathNot: [
          '^src/engine/plan/',
          '^src/ledger/(run-facts|attempts|forced-adoption|summary|monitor-link)\\.ts$',
          '^src/workflow/',
          '^src/scheduler/(scheduler|reservations)\\.ts$',
          '^src/transfer/transfer-service\\.ts$',
        ],
      },
    },
    {
      name: 'ports-and-ledger-know-nothing-above',
      severity: 'error',
      from: {path: '^src/(ledger|workflow|scheduler|transfer|auth|process)/'},
      to: {path: '^src/(engine|app|report|local|config)/'},
    },
    {
      name: 'adapters-know-one-port',
      severity: 'error',
      from: {path: '^src/scheduler/'},
      to: {path: '^src/(transfer|ledger|workflow|auth)/'},
    },
    {
      name: 'globus-knows-no-pbs',
      severity: 'error',
      from: {path: '^src/transfer/'},
      to: {path: '^src/(scheduler|ledger|workflow|process)/'},
    },
    {
      name: 'stand-ins-stand-alone',
      comment: 'The stand-ins play the other side: they share no code with the client they are to test.',
      severity: 'error',
      from: {path: room('local')},
      to: {path: '^src/(engine|app|ledger|workflow|scheduler|transfer|auth|config|report|process)/'},
    },
    {
      name: 'local-is-wired-in-one-place',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          '^src/local/',
          '^src/app/(wiring|local|local-serve|local-trouble)\\.ts$',
          '^src/report/render-local\\.ts$',
        ],
      },
      to: {path: room('local')},
    },
    {
      name: 'report-renders-values',
      severity: 'error',
      from: {path: room('report')},
      to: {path: '^src/(app|scheduler/pbs|transfer/globus|auth|config|process)/'},
    },
    {
      name: 'declared-dependencies-only',
      severity: 'error',
      from: {},
      to: {dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev']},
    },
  ],
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
