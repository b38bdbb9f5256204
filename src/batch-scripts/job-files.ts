import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {shellQuote} from '../base/shell.ts';
import {staySeconds, walltimeSeconds} from '../base/walltime.ts';
import type {JobDefaults, Profile} from '../config/profile.ts';
import {proxyEnvironment} from '../config/proxy.ts';
import {ensureSubdirectory} from '../disk/directories.ts';
import type {JobFiles} from '../engine/context.ts';
import type {SubmitJob} from '../engine/plan/actions.ts';
import {earlierAttempts} from '../ledger/attempts.ts';
import type {GlobusVariables} from '../ledger/globus-variables.ts';
import {keptFor} from '../ledger/kept-environment.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import {attemptKey, jobKey} from '../ledger/run-facts.ts';
import {qsubCommandLine} from '../scheduler/directives/command-line.ts';
import {type Directives, readDirectives} from '../scheduler/directives/read-directives.ts';
import type {JobRequest} from '../scheduler/scheduler.ts';
import type {JobStep} from '../workflow/model/workflow.ts';
import {environmentOf, originOf, passedTo, variablesBeside} from './passed-environment.ts';
import {readRecorded} from './recorded-script.ts';
import {readerOf, topShell} from './script-reader.ts';
import {assign, envArguments, exported, writeScript} from './template.ts';

/** What a script needs to call `stage` again, on whatever node it runs. */
export interface CallBack {
  /** the Node.js to start it with, where it brings none of its own along */
  readonly node: string;
  /** bin/stage */
  readonly cli: string;
  readonly stageHome: string;
  readonly configFile: string;
  readonly profile: Profile;
  /** where this process finds the PBS commands on its PATH; undefined where the profile says so itself */
  readonly pbsDirectory: () => string | undefined;
  /** which login of the globus CLI jobs use; nothing where they use none */
  readonly globusVariables?: (() => GlobusVariables) | undefined;
  /** where monitors' scripts and output lie */
  readonly monitorDirectory: string;
}

/** Fill in the scripts of `pbs/` for one profile. */
export function createJobFiles(callBack: CallBack): JobFiles {
  const {profile} = callBack;
  return {
    forRun(run, action, key, tag) {
      const step = run.state.spec.workflow.steps.find((candidate) => candidate.name === action.step);
      if (action.role === 'job' && step?.kind === 'job') return userJob(run, step, action, key, tag, profile);
      const role = action.role === 'job' ? 'act' : action.role; // of a step that is no job
      const {template, verb} = STAGING[role];
      const isLong = role === 'wait' || role === 'act';
      return stagingJob(callBack, {
        template,
        name: `${verb}.${action.step}`,
        script: join(run.layout.scripts, `${key}.sh`),
        output: join(run.layout.logs, `${key}.log`),
        workdir: run.layout.directory,
        tag,
        values: {
          STAGE_RUN: run.id,
          STAGE_ROLE: role,
          ...(isLong ? longValues(run.id, key, profile) : {}),
        },
        dependencies: action.dependencies,
        resources: isLong ? {...profile.staging.resources, walltime: profile.waitWalltime} : undefined,
      });
    },
    forProbe(directory, tag) {
      return stagingJob(callBack, {
        template: 'probe.sh',
        name: 'stage-doctor',
        script: join(directory, 'probe.sh'),
        output: join(directory, 'probe.log'),
        workdir: directory,
        tag,
        values: {STAGE_PROBE: directory},
        dependencies: [],
      });
    },
    forMonitor(generation, startAt, tag) {
      const name = String(generation).padStart(6, '0');
      return stagingJob(callBack, {
        template: 'monitor.sh',
        name: 'stage-monitor',
        script: join(callBack.monitorDirectory, `${name}.monitor.sh`),
        output: join(callBack.monitorDirectory, `${name}.log`),
        workdir: callBack.monitorDirectory,
        tag,
        values: {STAGE_GENERATION: String(generation)},
        dependencies: [],
        startAt,
      });
    },
  };
}

const STAGING = {
  launcher: {template: 'look.sh', verb: 'launch'},
  sentinel: {template: 'look.sh', verb: 'watch'},
  wait: {template: 'wait.sh', verb: 'wait'},
  act: {template: 'act.sh', verb: 'copy'},
} as const;

/** A job that waits or copies leaves before PBS would end it, in time to hand over to another. */
function longValues(run: string, key: string, {waitWalltime}: Profile): Readonly<Record<string, string>> {
  const waitSeconds = walltimeSeconds(waitWalltime) ?? 0; // the configuration was read: it has this form
  const margin = Math.min(300, Math.ceil(waitSeconds / 4));
  return {STAGE_OF: `${run}/${key}`, STAGE_SECONDS: String(waitSeconds - margin)};
}

/** The user's script under the wrapper. What the workflow says wins over the script's `#PBS` lines, as qsub's command line does; the profile's defaults are for what neither says. */
function userJob(
  run: OpenRun,
  step: JobStep,
  action: SubmitJob,
  key: string,
  tag: string,
  profile: Profile,
): JobRequest {
  const userScript = join(run.layout.scripts, run.state.spec.scripts?.[step.name] ?? `${step.name}.script`);
  const recorded = run.state.spec.scriptHashes[step.name] ?? '';
  const text = readRecorded(userScript, recorded, {run: run.id, step: step.name}).toString();
  const directives = readDirectives(text);
  const claim = attemptKey(step.name, action.attempt);
  const reader = readerOf(text, directives);
  const script = join(run.layout.scripts, `${key}.sh`);
  const assignments = {
    STAGE_OWNER: run.id,
    STAGE_FACTS: run.layout.facts,
    STAGE_CLAIM: claim,
    STAGE_PERMIT: permitOf(action),
    STAGE_NEEDS: (action.proof?.succeeded ?? []).join(' '),
    STAGE_AFTER: (action.proof?.ended ?? []).join(' '),
    STAGE_ARRAY: step.array ? '1' : '0',
    STAGE_EARLIER: earlierAttempts(run.state, step.name, action.attempt)
      .map((number) => attemptKey(step.name, number))
      .join(' '),
    STAGE_INTERRUPTED: step.onInterrupted ?? (directives.rerunnable === false ? 'fail' : ''),
    STAGE_SCRIPT: userScript,
    STAGE_SHA256: recorded,
    STAGE_STDOUT: join(run.layout.logs, `${claim}.out`),
    STAGE_STDERR: join(run.layout.logs, `${claim}.err`),
    STAGE_STREAMS: streamsOf(directives),
    STAGE_DELIVERS: directives.ownOutput || stagesOut(directives) ? '1' : '0',
    ...reader.values,
  };
  const forTheScript = {STAGE_RUN: run.id, STAGE_STEP: step.name, STAGE_ATTEMPT: String(action.attempt), ...step.env};
  writeScript(script, 'job-wrapper.sh', {
    ...reader.head,
    '#@DIRECTIVES': directives.lines,
    '#@VALUES': assign(assignments),
    '#@ENVIRONMENT': envArguments(forTheScript),
  });
  const defaults = profile.compute;
  const said = qsubCommandLine(directives, step, defaults);
  const kept = keptFor(run, step.name);
  return {
    ...(step.jobName ? {name: step.jobName} : directives.jobName ? {} : {name: `${step.name}.${run.state.spec.name}`}),
    script,
    workdir: existsSync(run.state.spec.workflow.workdir) ? run.state.spec.workflow.workdir : run.layout.directory,
    tag,
    userVariables: variablesBeside(directives, step.env),
    ...(kept && {environment: environmentOf(kept, passedTo(directives, step.env)), origin: originOf(kept)}),
    hold: action.hold,
    dependencies: action.dependencies,
    ownDependencies: directives.depend,
    queue: said.queue,
    account: said.account,
    project: said.project,
    resources: said.resources,
    ...(directives.ownOutput
      ? {joinOutput: false}
      : {
          stdout: outputPath(join(run.layout.logs, `${key}${step.array ? '.i^array_index^' : ''}.pbs`)),
          joinOutput: true,
        }),
    ...(step.array ? {array: step.array} : {}),
    noMail: false,
    extraArgs: [...topShell(directives), ...defaults.extraArgs],
  };
}

/** A script that says itself where its output goes has it on PBS's streams: two, or one where it has PBS join them. */
function streamsOf({ownOutput, options}: Directives): '' | 'one' | 'two' {
  if (!ownOutput) return '';
  const join = options.findLast(({letter}) => letter === 'j')?.value;
  return join === 'oe' || join === 'eo' ? 'one' : 'two';
}

/** PBS copies files when the job has ended (`-W stageout=`). */
function stagesOut({options}: Directives): boolean {
  return options.some(({letter, value}) => letter === 'W' && /(^|,)\s*stageout\s*=/i.test(value ?? ''));
}

/**
 * The fact that lets a job run which was submitted under a hold: ended by hand, that hold must not start it before its
 * data is there, nor a cleanup on the data of a healthy run. Empty for a job that may start from the beginning.
 */
function permitOf(action: SubmitJob): string {
  return action.hold ? `${jobKey(action.step, action.attempt, 'job', action.serial)}.release.intent` : '';
}

/** In which queue, and on whose account, jobs of one kind are submitted. */
export function whereOf({queue, account, project}: JobDefaults): Pick<JobRequest, 'queue' | 'account' | 'project'> {
  return {queue: queue || undefined, account: account || undefined, project: project || undefined};
}

interface StagingJob {
  readonly template: string;
  readonly name: string;
  readonly script: string;
  readonly output: string;
  readonly workdir: string;
  readonly tag: string;
  readonly values: Readonly<Record<string, string>>;
  readonly dependencies: JobRequest['dependencies'];
  /** the profile's for staging jobs when absent */
  readonly resources?: Readonly<Record<string, string>>;
  readonly startAt?: number;
}

/** A short job of our own that calls `stage`. */
function stagingJob(callBack: CallBack, job: StagingJob): JobRequest {
  const {profile} = callBack;
  ensureSubdirectory(dirname(job.script));
  const environment = {
    STAGE_NODE: callBack.node,
    STAGE_CLI: callBack.cli,
    STAGE_HOME: callBack.stageHome,
    STAGE_CONFIG: existsSync(callBack.configFile) ? callBack.configFile : '',
    STAGE_PROFILE: profile.name,
    STAGE_SECONDS: String(staySeconds(profile.staging.resources.walltime)),
    ...proxyEnvironment(profile.proxy),
    ...callBack.globusVariables?.(),
    ...job.values,
  };
  writeScript(job.script, job.template, {
    '#@VALUES': [...exported(environment), ...exportPath(callBack)],
    '#@SETUP': profile.setup,
  });
  return {
    name: job.name,
    script: job.script,
    workdir: job.workdir,
    tag: job.tag,
    userVariables: [],
    hold: false,
    dependencies: job.dependencies,
    startAt: job.startAt,
    ...whereOf(profile.staging),
    resources: job.resources ?? profile.staging.resources,
    stdout: outputPath(job.output),
    joinOutput: true,
    noMail: true,
    extraArgs: profile.staging.extraArgs,
  };
}

/** A job has the PATH of a login shell, which may lack what a user added to their own: it comes last, and hides nothing. */
function exportPath({pbsDirectory}: CallBack): string[] {
  const directory = pbsDirectory();
  return directory === undefined ? [] : [`export PATH="$PATH":${shellQuote(directory)}`];
}

/** `-o` takes `host:path` and ASCII only (measured on OpenPBS 23.06); what PBS would refuse is not worth a job. */
export function outputPath(path: string): string {
  return /^[\x20-\x39\x3b-\x7e]+$/.test(path) ? path : '/dev/null';
}
