import {findCommand} from '../../process/find-command.ts';
import type {CommandResult, RunCommand} from '../../process/run-command.ts';
import type {Site} from '../site.ts';
import {explainUnreachable} from './explain.ts';
import {readQueue, readServer, readShown} from './read-site.ts';
import {readHosts, readQueueElsewhere, readResources} from './read-what-there-is.ts';
import {type RetrySettings, retryingConnections} from './retry-connections.ts';

export interface PbsSiteSettings extends RetrySettings {
  readonly run: RunCommand;
  /** whose limits count */
  readonly user: string;
  /** directory of the commands; PATH when absent */
  readonly binDirectory?: string;
}

/** Every PBS command that stage runs. */
const COMMANDS = ['qsub', 'qstat', 'qselect', 'qdel', 'qhold', 'qrls', 'qalter'];

export function createPbsSite(settings: PbsSiteSettings): Site {
  const run = retryingConnections(settings.run, settings);

  async function ask(flag: '-B' | '-Q', heading: 'Server' | 'Queue') {
    const json = await run('qstat', [flag, '-f', '-F', 'json']);
    // Before 18.1, and where a value spoils the JSON, only the text can be read.
    const shown = readShown(json, heading) ?? readShown(await textForm(flag), heading);
    if (shown === undefined) throw explainUnreachable(json);
    return shown;
  }

  const textForm = (flag: string): Promise<CommandResult> => run('qstat', [flag, '-f']);

  return {
    async commands() {
      return await Promise.all(
        COMMANDS.map(async (command) => {
          const path = await findCommand(command, settings.binDirectory);
          return path === undefined ? {command} : {command, path};
        }),
      );
    },
    async server() {
      const [server] = await ask('-B', 'Server');
      if (!server) throw explainUnreachable(await textForm('-B'));
      return readServer(server, settings.user);
    },
    async queues() {
      return (await ask('-Q', 'Queue')).map((queue) => readQueue(queue, settings.user));
    },
    async queueAt(destination) {
      return readQueueElsewhere(await run('qstat', ['-Q', destination]));
    },
    async resources() {
      return readResources(await settings.run('qmgr', ['-c', 'list resource']));
    },
    async hosts() {
      return readHosts(await settings.run('pbsnodes', ['-a', '-F', 'json']));
    },
  };
}
