import {availableParallelism, hostname, userInfo} from 'node:os';
import {asInReality, type Lasts} from '../day.ts';
import type {Context, Handler} from './handlers/context.ts';
import {qhold, qrls} from './handlers/holds.ts';
import {pbsRstat} from './handlers/pbs-rstat.ts';
import {qalter} from './handlers/qalter.ts';
import {qdel} from './handlers/qdel.ts';
import {qmgr} from './handlers/qmgr.ts';
import {qselect} from './handlers/qselect.ts';
import {qstat} from './handlers/qstat.ts';
import {countJobs} from './handlers/qstat-server.ts';
import {qsub} from './handlers/qsub.ts';
import {pbsnodes, tracejob} from './handlers/reports.ts';
import {qmove, qmsg, qrerun, qrun, qsig} from './handlers/running.ts';
import {failed, type PbsAnswer, printed} from './language/answer.ts';
import type {Emit, PbsCommand} from './language/command.ts';
import type {ServerNames} from './language/job-id.ts';
import {createServer} from './server/server.ts';
import {isFinished} from './server/store/job.ts';
import {openStore} from './server/store/store.ts';

export type {PbsAnswer} from './language/answer.ts';
export {type Emit, type PbsCommand, pbsCommandSchema} from './language/command.ts';

export interface PbsStandInOptions {
  /** directory for all its state and spool; made with mode 0700 */
  readonly root: string;
  /** what job ids end in; `stage-local` by default */
  readonly serverName?: string;
  /** where the PBS commands are: jobs find them first on their PATH. A command's own directory comes before this */
  readonly binDirectory?: string;
  /** how long lasts here what the server counts in days: its history; as long as there when absent */
  readonly lasts?: Lasts;
  readonly log?: (line: string) => void;
}

/** A PBS server in this process: its commands are answered here, its jobs run as child processes. */
export interface PbsStandIn {
  /**
   * Answer one command. Never throws for what a user may type.
   *
   * @param emit takes what `qsub -W block=true` prints before it waits; without it that text comes with the answer
   */
  handle(command: PbsCommand, emit?: Emit): Promise<PbsAnswer>;
  /** delete every job from queue and history without a trace; running ones are killed; returns how many */
  wipe(): Promise<number>;
  counts(): {queued: number; held: number; waiting: number; running: number; finished: number};
  /** stop serving; running jobs go on, and a server opened on the same root takes them up */
  close(): Promise<void>;
  /** stop serving and end running jobs; a server opened later runs them again, as after the full stop of a real one */
  stop(): Promise<void>;
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  qsub,
  qstat,
  qdel,
  qhold,
  qrls,
  qalter,
  qselect,
  qrerun,
  qrun,
  qmove,
  qsig,
  qmsg,
  qmgr,
  tracejob,
  pbsnodes,
  pbs_rstat: pbsRstat,
};

/** How each command says that it cannot reach a server (measured on OpenPBS 23.06). */
function unreachable(command: string, server: string, reason: {text: string; code: number}): PbsAnswer {
  const exitCode = command === 'qstat' ? 255 : command === 'qmgr' ? 3 : reason.code % 256;
  const second =
    command === 'qdel'
      ? `Couldn't connect to cluster: ${server}`
      : command === 'qmgr'
        ? 'qmgr: cannot connect to server '
        : `${command}: cannot connect to server ${server} (errno=${reason.code})`;
  return failed(`${reason.text}\n${second}\n`, exitCode);
}

/** $PBS_SERVER may name another server than this one, or another port; then that one is not there. */
function elsewhere(command: PbsCommand, names: ServerNames): PbsAnswer | undefined {
  const wanted = command.env.PBS_SERVER;
  if (wanted === undefined || wanted === '' || wanted === names.server || names.aliases.includes(wanted))
    return undefined;
  const host = wanted.replace(/:\d+$/, '');
  const known = host === names.server || names.aliases.includes(host);
  return unreachable(
    command.command,
    wanted,
    known ? {text: 'Connection refused', code: 15010} : {text: 'Unknown Host.', code: 15008},
  );
}

/** Open the stand-in on a directory: what a former one left there goes on. */
export async function openPbsStandIn(options: PbsStandInOptions): Promise<PbsStandIn> {
  const log = options.log ?? (() => undefined);
  const serverName = options.serverName ?? 'stage-local';
  const names: ServerNames = {server: serverName, aliases: [hostname(), 'localhost']};
  const store = openStore(options.root);
  const processors = (): number => {
    const {node, server: attributes} = store.settings;
    const set = Number(node['resources_available.ncpus'] ?? attributes['resources_available.ncpus'] ?? Number.NaN);
    return Number.isFinite(set) ? set : Math.max(4, availableParallelism());
  };
  const server = createServer({store, names, processors, lasts: options.lasts ?? asInReality, log});
  const self = userInfo().username;
  let closed = false;

  async function handle(command: PbsCommand, emit?: Emit): Promise<PbsAnswer> {
    if (closed) return unreachable(command.command, serverName, {text: 'Connection refused', code: 15010});
    const handler = HANDLERS[command.command];
    if (!handler) return failed(`${command.command}: command not found\n`, 127);
    if (command.argv[0] === '--version') return printed('pbs_version = 23.06.06\n');
    const away = elsewhere(command, names);
    if (away) return away;
    server.catchUp();
    let early = '';
    const context: Context = {
      server,
      command: {...command, bin: command.bin ?? options.binDirectory},
      administrator: command.user === 'root' || command.user === self,
      emit:
        emit ??
        ((part) => {
          early += part.stdout ?? '';
        }),
    };
    const answer = await handler(context);
    return early === '' ? answer : {...answer, stdout: early + answer.stdout};
  }

  return {
    handle,
    wipe: async () => server.wipe(),
    counts() {
      const all = [...server.jobs.values()];
      const {queued, held, waiting, running, exiting, begun} = countJobs(all);
      return {
        queued,
        held,
        waiting,
        running: running + exiting + begun,
        finished: all.filter((job) => job.parent === undefined && isFinished(job)).length,
      };
    },
    async close() {
      closed = true;
      server.close();
    },
    async stop() {
      closed = true;
      await server.stop();
    },
  };
}
