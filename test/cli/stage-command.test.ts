import {Errors} from '@oclif/core';
import {afterEach, describe, expect, test, vi} from 'vitest';
import {RunDiffers} from '../../src/app/runs/run/decide-run.ts';
import {NoSuchRun} from '../../src/app/shared/choose.ts';
import {WaitedTooLong} from '../../src/app/transfers/transfer.ts';
import {asStageError, showError} from '../../src/cli/stage-command.ts';
import {StateDirectoryGone} from '../../src/disk/state-note.ts';
import {EXIT, RequestWrong, type StageError} from '../../src/errors.ts';
import {SignInNeeded, TransferRefused, TransferUnreachable} from '../../src/globus-errors.ts';
import {LedgerDamaged} from '../../src/ledger/damage.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {SchedulerRefused, SchedulerUnreachable} from '../../src/scheduler/scheduler.ts';
import {StandInError, standInsDown} from '../../src/stand-ins/door.ts';
import {explainStandIns} from '../../src/wiring/stand-ins.ts';
import {WorkflowInvalid} from '../../src/workflow/file/problems.ts';

const secret = Object.assign(new Error('request failed'), {config: {headers: {Authorization: 'Bearer SECRET'}}});

const ERRORS: [StageError, number][] = [
  [new RequestWrong('it is wrong', {why: 'because', next: ['mend it'], details: ['f:1:2: x']}), EXIT.usage],
  [new SchedulerUnreachable('qstat', 'timeout', {cause: secret}), EXIT.unreachable],
  [new SchedulerRefused({asked: 'qsub', why: 'Unknown queue', next: ['x'], cause: secret}), EXIT.usage],
  [new TransferUnreachable('task list', 'HTTP 503', {cause: secret}), EXIT.unreachable],
  [new TransferRefused({asked: 'transfer', globusCode: 'Conflict', why: 'y', cause: secret}), EXIT.usage],
  [new SignInNeeded({what: 'a', why: 'b', next: ['c'], cause: secret}), EXIT.actionNeeded],
  [new LedgerDamaged({is: 'damaged', path: '/x/spec.json', why: 'it is empty'}), EXIT.unreachable],
  [explainStandIns(standInsDown('ECONNREFUSED')), EXIT.unreachable],
  [explainStandIns(new StandInError('other-version', 'a', {why: 'b', next: ['c']})), EXIT.actionNeeded],
  [explainStandIns(new StandInError('wrong', 'a', {why: 'b', next: ['c']})), EXIT.usage],
  [new RunDiffers('r.1' as RunId, ['steps.compute.script: its contents changed'], true), EXIT.usage],
  [new NoSuchRun('x', 'local', ['r.1' as RunId]), EXIT.usage],
  [new WaitedTooLong([], 5), EXIT.unreachable],
  [new WorkflowInvalid('the workflow f', ['f:1:1: x'], ['mend it']), EXIT.usage],
  [asStageError(new Errors.CLIError('Nonexistent flag: --bogus\nSee more help with --help', {exit: 2})), EXIT.usage],
  [asStageError(Object.assign(new Error('ENOSPC'), {code: 'ENOSPC', path: '/state/x'})), EXIT.unreachable],
  [asStageError(Object.assign(new Error('EROFS'), {code: 'EROFS'})), EXIT.unreachable],
  // As Node.js throws them: it has no name for these two.
  [asStageError(Object.assign(new Error('x'), {code: 'Unknown system error -122', errno: -122})), EXIT.unreachable],
  [asStageError(Object.assign(new Error('x'), {code: 'Unknown system error -116', errno: -116})), EXIT.unreachable],
  [new StateDirectoryGone('/state/local', 'active', '/cache/active'), EXIT.unreachable],
  [asStageError(new TypeError('x is undefined')), EXIT.defect],
  [asStageError('a string'), EXIT.defect],
];

function shown(error: StageError, json: boolean): {out: string; err: string; exit: unknown} {
  let [out, err] = ['', ''];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text;
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += text;
    return true;
  });
  try {
    showError(error, {json});
    return {out, err, exit: process.exitCode};
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
    process.exitCode = undefined;
  }
}

afterEach(() => vi.unstubAllEnvs());

describe.each(ERRORS.map(([error, exit]) => ({error, exit, name: error.code})))('$name', ({error, exit}) => {
  test('says the same in text and in JSON, with the same exit code', () => {
    const text = shown(error, false);
    const json = shown(error, true);
    const document = JSON.parse(json.out).error;
    expect([text.exit, json.exit, document.exit]).toEqual([exit, exit, exit]);
    expect([text.out, json.err]).toEqual(['', '']);
    for (const said of [error.message, error.why ?? '', ...error.next, ...error.details]) {
      expect(text.err).toContain(said);
      expect(JSON.stringify(document)).toContain(JSON.stringify(said).slice(1, -1));
    }
  });

  test('shows no secret, no stack and no parse state', () => {
    for (const {out, err} of [shown(error, false), shown(error, true)]) {
      expect(out + err).not.toMatch(/SECRET|Authorization|\n\s+at |parse/);
    }
  });
});

test('a stack is shown only to those who debug', () => {
  const defect = asStageError(new TypeError('x is undefined'));
  expect(shown(defect, false).err).not.toContain('    at ');
  vi.stubEnv('DEBUG', 'stage*');
  expect(shown(defect, false).err).toContain('    at ');
});

test('every error says what to do next, or lists what is wrong', () => {
  for (const [error] of ERRORS)
    expect(error.next.length + error.details.length, error.code).toBeGreaterThanOrEqual(
      error.code === 'TRANSFER_REFUSED' ? 0 : 1,
    );
});

test.each([
  ['EDQUOT', -122, 'quota'],
  ['ESTALE', -116, 'stale handle'],
])('%s is known by its number, which is all that Node.js gives', (name, errno, words) => {
  const error = asStageError(
    Object.assign(new Error('x'), {code: `Unknown system error ${errno}`, errno, path: '/s/x'}),
  );
  expect(error.code).toBe(`SYSTEM_${name}`);
  expect(error.message).toMatch(new RegExp(`${words}.*: /s/x$`));
});

test('a connection that timed out is not an error of the disk', () => {
  const thrown = Object.assign(new Error('x'), {code: 'ETIMEDOUT', errno: -110, syscall: 'connect'});
  expect(asStageError(thrown).exit).toBe(EXIT.defect);
});
