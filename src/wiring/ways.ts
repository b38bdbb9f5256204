import {constants} from 'node:fs';
import {access, stat} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {newWord} from '../base/ids.ts';
import type {Locations} from '../config/locations.ts';
import type {Profile} from '../config/profile.ts';
import {ensureDirectory, ensureSubdirectory} from '../disk/directories.ts';
import type {StateLayout} from '../ledger/state-directory.ts';
import type {Log} from '../log/log.ts';
import type {RunCommand} from '../process/run-command.ts';
import type {Scheduler} from '../scheduler/scheduler.ts';
import {submissionDeadlineMs} from '../submission/deadline.ts';
import type {ProgramSettings} from '../transfer/command/ask-program.ts';
import type {OtherWay} from '../transfer/other-way.ts';
import type {WaysHere} from '../transfer/plugin-contract.ts';
import {once} from './lazy-ports.ts';
import {requireTrustedTargets} from './trusted-places.ts';

/** A program is asked by every look: one that takes longer keeps others waiting. */
const PROGRAM_MS = 60_000;

export interface WaysParts {
  readonly where: Locations;
  readonly layout: StateLayout;
  readonly log: Log;
  readonly by: string;
}

/** What is on this host for ways other than Globus; loaded when first asked for. */
export function waysHere(parts: WaysParts): WaysHere {
  const settings = once(() => programSettings(parts));
  return {
    async plugin(program) {
      const [{askProgram}, how] = await Promise.all([import('../transfer/command/ask-program.ts'), settings()]);
      // Apart from what it keeps for runs: what is tried out belongs to no run.
      const stateDirectory = join(parts.layout.home, 'plugins', `${basename(program)}-check`);
      ensureDirectory(stateDirectory);
      return {stateDirectory, ask: (verb, question) => askProgram(program, verb, question, how)};
    },
    async why(program) {
      try {
        await access(program, constants.X_OK);
        return (await stat(program)).isFile() ? undefined : 'it is no file';
      } catch (error) {
        const {code} = error as NodeJS.ErrnoException;
        return code === 'ENOENT'
          ? 'there is no such file on this host'
          : code === 'EACCES'
            ? 'it is not executable'
            : String(code);
      }
    },
    async has(command) {
      const {findCommand} = await import('../process/find-command.ts');
      return (await findCommand(command)) !== undefined;
    },
  };
}

/** The way that goes by programs of the site. */
export async function openCommandWay(parts: WaysParts): Promise<OtherWay> {
  const [{createCommandTransfer}, settings] = await Promise.all([
    import('../transfer/command/command-transfer.ts'),
    programSettings(parts),
  ]);
  const {ways} = parts.layout;
  return createCommandTransfer({
    ...settings,
    ways,
    ensureHome: () => ensureSubdirectory(ways),
    clock: Date.now,
    by: parts.by,
  });
}

/** The way that goes by jobs of stage. */
export async function openCopyWay(
  parts: WaysParts,
  {scheduler, profile}: {readonly scheduler: Scheduler; readonly profile: Profile},
): Promise<OtherWay> {
  const [{createCopyTransfer}, {copyJob}] = await Promise.all([
    import('../transfer/copy/copy-transfer.ts'),
    import('../batch-scripts/copy-job.ts'),
  ]);
  const {layout, by} = parts;
  return createCopyTransfer({
    ways: layout.ways,
    ensureHome: () => ensureSubdirectory(layout.ways),
    scheduler,
    request: (job) => copyJob(profile, job),
    deadlineMs: submissionDeadlineMs(profile.scheduler.timeoutMs),
    lostGraceMs: profile.lostGraceMs,
    clock: Date.now,
    newWord,
    by,
  });
}

async function programSettings({where, log}: WaysParts): Promise<ProgramSettings> {
  const {createRunCommand} = await import('../process/run-command.ts');
  const run = trustedCommands(createRunCommand(), where);
  return {run: loggedCommands(run, log), timeoutMs: PROGRAM_MS, env: process.env, node: process.execPath};
}

/** No program is run that another user could have put there. */
function trustedCommands(run: RunCommand, where: Locations): RunCommand {
  const trusted = new Map<string, Promise<unknown>>();
  return async (command, argv, options) => {
    const judged = trusted.get(command) ?? requireTrustedTargets([{path: command, own: false}], where, process.env);
    trusted.set(command, judged);
    await judged;
    return run(command, argv, options);
  };
}

/** What is asked of programs, in the log of stage. */
function loggedCommands(run: RunCommand, log: Log): RunCommand {
  return async (command, argv, options) => {
    const began = performance.now();
    const done = await run(command, argv, options);
    const [verb = ''] = argv;
    const level = done.exitCode !== 0 ? 'warn' : verb === 'start' || verb === 'cancel' ? 'info' : 'debug';
    log.write(level, `plugin.${verb}`, {
      program: command,
      exit: done.exitCode,
      ms: Math.round(performance.now() - began),
    });
    return done;
  };
}
