import {mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {newWord} from '../../base/ids.ts';
import {shellQuote} from '../../base/shell.ts';
import {sleep} from '../../base/time.ts';
import {ensureDirectory} from '../../disk/directories.ts';
import {createFact, readFact} from '../../disk/facts.ts';
import {EXIT, type ExitCode, StageError} from '../../errors.ts';
import type {Stage} from '../../wiring/stage.ts';

/** One thing that was proven, or was not. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  /** what to do about it */
  readonly next?: string;
  /** of a finding that is not ok: whose turn it is, as an exit code */
  readonly exit?: ExitCode;
}

export interface DoctorReport {
  readonly findings: readonly Finding[];
  readonly exit: ExitCode;
}

/** Try out what stage relies on. Leaves nothing behind but an empty state directory. */
export async function examine(
  stage: Stage,
  options: {readonly job: boolean; readonly jobTimeoutSeconds: number},
): Promise<DoctorReport> {
  const probe = join(stage.ledger.layout.home, `.doctor-${newWord()}`);
  const findings: Finding[] = [nodeVersion()];
  try {
    findings.push(...examineDirectory(stage, probe));
    if (findings.every((finding) => finding.ok)) {
      findings.push(
        await tryOut('PBS answers', async () => {
          // Not what the scheduler remembers of it: the server itself, now.
          const {historyKept, name} = await (await stage.site()).server();
          return `server ${name}; finished jobs are ${historyKept ? 'kept in its history' : 'forgotten at once (job_history_enable is off): markers alone tell how jobs ended'}`;
        }),
      );
      findings.push(
        await tryOut(
          'Globus lets us in',
          async () =>
            `a submission id was given (${(await (await stage.engine()).transfers.newSubmissionId()).slice(0, 8)}…)`,
        ),
      );
      if (options.job && findings.every((finding) => finding.ok))
        findings.push(
          await tryOut('a job on another node sees the state directory', () =>
            examineFromJob(stage, probe, options.jobTimeoutSeconds),
          ),
        );
    }
  } finally {
    rmSync(probe, {recursive: true, force: true});
  }
  const wrong = findings.filter((finding) => !finding.ok);
  return {
    findings,
    exit: wrong.some((finding) => finding.exit === EXIT.actionNeeded) ? EXIT.actionNeeded : (wrong[0]?.exit ?? EXIT.ok),
  };
}

/** One that is too old does not come so far (bin/stage). */
function nodeVersion(): Finding {
  return {what: 'Node.js', ok: true, detail: `version ${process.versions.node}`};
}

/** Try out on the actual directory what facts rely on. @param probe a directory to work in; the caller removes it */
export function examineDirectory(stage: Stage, probe: string): Finding[] {
  const {home} = stage.ledger.layout;
  const gone = findGone(stage);
  if (gone) return [gone];
  const one = (what: string, prove: () => string | false): Finding => {
    try {
      const detail = prove();
      return detail === false
        ? {
            what,
            ok: false,
            detail: `not so in ${home}`,
            next: 'Put STAGE_HOME on another file system.',
            exit: EXIT.unreachable,
          }
        : {what, ok: true, detail};
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      return {
        what,
        ok: false,
        detail: `${home}: the system says ${code}`,
        next: 'See to its permissions and space, or put STAGE_HOME elsewhere.',
        exit: EXIT.unreachable,
      };
    }
  };
  return [
    one('the state directory can be written', () => {
      ensureDirectory(probe);
      return home;
    }),
    one('it is nobody else’s to read', () => {
      const mode = statSync(home).mode & 0o077;
      return mode === 0
        ? 'mode 0700'
        : `others may read names in it (mode ${(statSync(home).mode & 0o777).toString(8)}); runs and tokens below are of mode 0700`;
    }),
    one(
      'facts are created once only (write, fsync, link)',
      () =>
        createFact(probe, 'fact', {first: true}) &&
        !createFact(probe, 'fact', {first: false}) &&
        readFact(probe, 'fact')?.first === true &&
        'the second creation was refused',
    ),
    one('a directory is renamed onto no other', () => {
      for (const name of ['one', 'two']) {
        mkdirSync(join(probe, name));
        writeFileSync(join(probe, name, 'file'), name);
      }
      try {
        renameSync(join(probe, 'one'), join(probe, 'two'));
      } catch {
        return readFileSync(join(probe, 'two', 'file'), 'utf8') === 'two' && 'the rename was refused';
      }
      return false;
    }),
  ];
}

/** A state directory of which this host has a note is not made anew, to try things out least of all. */
function findGone(stage: Stage): Finding | undefined {
  try {
    stage.requireState();
    return undefined;
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return {
      what: 'the state directory is where it was',
      ok: false,
      detail: [error.message, error.why].filter(Boolean).join(': '),
      next: error.next.join(' '),
      exit: error.exit,
    };
  }
}

async function tryOut(what: string, prove: () => Promise<string>): Promise<Finding> {
  try {
    return {what, ok: true, detail: await prove()};
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return {
      what,
      ok: false,
      detail: [error.message, error.why].filter(Boolean).join(': '),
      ...(error.next[0] ? {next: error.next[0]} : {}),
      exit: error.exit,
    };
  }
}

/** A job links a fact beside one of ours; both sides must see the other's. */
async function examineFromJob(stage: Stage, probe: string, timeoutSeconds: number): Promise<string> {
  const {scheduler, newWord} = await stage.engine();
  const script = join(probe, 'probe.sh');
  const lines = [
    '#!/bin/sh',
    `cd ${shellQuote(probe)} || exit 1`,
    '[ -f fact.json ] || exit 2',
    'printf \'{"host":"%s"}\\n\' "$(hostname)" > .new-from-job && ln .new-from-job from-job.json && ! ln .new-from-job fact.json 2>/dev/null',
  ];
  writeFileSync(script, `${lines.join('\n')}\n`, {mode: 0o700});
  const {staging} = stage.profile;
  const {queue, account, project, resources, extraArgs} = staging;
  const submission = await scheduler.submit({
    name: 'stage-doctor',
    script,
    workdir: probe,
    tag: `s-doctor.${newWord()}`,
    userVariables: [],
    hold: false,
    dependencies: [],
    ...(queue ? {queue} : {}),
    ...(account ? {account} : {}),
    ...(project ? {project} : {}),
    resources,
    stdout: '/dev/null',
    joinOutput: true,
    noMail: true,
    extraArgs,
  });
  if (submission.kind === 'refused' || submission.kind === 'unreachable') throw submission.error;
  if (submission.kind === 'unclear')
    throw new StageError({
      code: 'SUBMISSION_UNCLEAR',
      exit: EXIT.unreachable,
      what: 'it is not known whether PBS took the probe job',
      why: submission.why,
    });
  const until = Date.now() + timeoutSeconds * 1000;
  while (Date.now() < until) {
    const fact = readFact(probe, 'from-job');
    if (fact) return `job ${submission.job} on ${String(fact.host)} saw this host’s files, and this host its`;
    await sleep(500);
  }
  await scheduler.delete(submission.job);
  throw new StageError({
    code: 'PROBE_NOT_SEEN',
    exit: EXIT.unreachable,
    what: `the probe job ${submission.job} left nothing within ${timeoutSeconds} s, and was deleted`,
    why: 'it did not start in time, or its node does not see the state directory',
    next: ['Give it longer with --job-timeout, or put STAGE_HOME on a file system that compute nodes share.'],
  });
}
