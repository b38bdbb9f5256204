import * as z from 'zod/mini';
import type {CommandResult, RunCommand} from '../../process/run-command.ts';
import type {SchedulerCapabilities} from '../scheduler.ts';
import {explainUnreachable} from './explain.ts';
import {keepsHistory, readShown} from './read-site.ts';

/** Where capabilities are remembered between invocations. What it returns is believed until an answer contradicts it. */
export interface CapabilityCache {
  read(): SchedulerCapabilities | undefined | Promise<SchedulerCapabilities | undefined>;
  write(capabilities: SchedulerCapabilities): void | Promise<void>;
}

/** What its file holds. */
export const REMEMBERED = z.looseObject({serverName: z.string(), historyKept: z.boolean()});

/** Ask the server what it can do. @throws {SchedulerUnreachable} */
export async function probeCapabilities(run: RunCommand): Promise<SchedulerCapabilities> {
  const json = await run('qstat', ['-B', '-f', '-F', 'json']);
  const first = readCapabilities(json);
  if (first) return first;
  if (json.timedOut) throw explainUnreachable(json);
  const text = await run('qstat', ['-B', '-f']); // before 18.1, and where a value spoils the JSON
  const second = readCapabilities(text);
  if (second) return second;
  throw explainUnreachable(text);
}

function readCapabilities(done: CommandResult): SchedulerCapabilities | undefined {
  const [server] = readShown(done, 'Server') ?? [];
  return server && {serverName: server.name, historyKept: keepsHistory(server)};
}
