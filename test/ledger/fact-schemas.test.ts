import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {nameOfKind, RUN_FACTS, requireKind} from '../../src/ledger/fact-schemas/run-facts.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test.each([
  ['stage-in.1.transfer.intent', 'transfer.intent'],
  ['stage-in.12.transfer.sign-in-3', 'transfer.sign-in'],
  ['compute.1.job.confirmed', 'job.confirmed'],
  ['stage-out.1.launcher-2.hold-11.ended', 'job.hold.ended'],
  ['compute.1.sentinel.absent-4', 'job.absent'],
  ['a.1.wait.leaving', 'job.leaving'],
  ['compute.1.job.hold-by-hand-2', 'job.hold-by-hand'],
  ['compute.1.start.2', 'start'],
  ['many.3.i17.end.1', 'end'],
  ['compute.1.outcome', 'outcome'],
  ['decision.cancel', 'decision.cancel'],
  ['decision.update-2', 'decision.update'],
])('%s is of the kind %s', (name, kind) => {
  expect(nameOfKind(name)).toBe(kind);
});

test.each([
  'notes',
  'compute.outcome',
  'compute.0.outcome',
  'compute.1.job',
  'compute.1.constructor',
  'decision.skip-1',
])('%s is of no kind that is known, and is not written', (name) => {
  expect(nameOfKind(name)).toBeUndefined();
  expect(() => requireKind(name)).toThrow('has no schema in src/ledger/fact-schemas');
});

test('each fact that the wrapper of a job writes has a schema', () => {
  const wrapper = readFileSync(join(ROOT, 'pbs', 'job-wrapper.sh'), 'utf8');
  const names = [...wrapper.matchAll(/(?:\bfact |^STAGE_STATUS=)"([^"]+)"/gm)].map(([, name = '']) =>
    name
      .replace(/\$\{STAGE_PERMIT%[^}]*\}/, 'compute.1.job')
      .replace('$STAGE_CLAIM', 'compute.1')
      .replace('$STAGE_STATUS', 'compute.1.status.1')
      .replaceAll('$STAGE_START', '1'),
  );
  expect(new Set(names.map((name) => nameOfKind(name)))).toEqual(
    new Set(['job.unpermitted', 'altered', 'start', 'end', 'status', 'term']),
  );
});

test('each kind of fact of a run has its line in the page about the state directory', () => {
  const page = readFileSync(join(ROOT, 'docs', 'formats', 'ledger.md'), 'utf8');
  const missing = Object.keys(RUN_FACTS).filter((kind) => {
    const last = kind.replace(/^(?:job|transfer)\./, '').replace('hold.', 'hold-2.');
    return !page.includes(last);
  });
  expect(missing).toEqual([]);
});

test('facts are created and read by the modules that have a schema for them, and by no others', () => {
  const importers = (name: string) =>
    readdirSync(join(ROOT, 'src'), {recursive: true, encoding: 'utf8'})
      .filter((file) => file.endsWith('.ts') && !file.startsWith('disk/'))
      .filter((file) => new RegExp(`\\b${name}\\(`).test(readFileSync(join(ROOT, 'src', file), 'utf8')))
      .sort();
  expect(importers('createFact')).toEqual([
    'app/site/probe-job.ts',
    'app/site/try-directory.ts',
    'auth/refresh-claims.ts',
    'campaign/campaign-log.ts',
    'campaign/campaigns.ts',
    'ledger/active-names.ts',
    'ledger/job-store.ts',
    'ledger/kept-environment.ts',
    'ledger/late-submissions.ts',
    'ledger/monitor-facts.ts',
    'ledger/new-run.ts',
    'ledger/open-ledger.ts',
    'limits/checkpoints.ts',
    'limits/limits-directory.ts',
    'outputs/areas.ts',
    'transfer/record/way-record.ts',
  ]);
});
