import * as z from 'zod/mini';
import type {CommandResult, RunCommand} from '../../process/run-command.ts';
import type {SchedulerCapabilities} from '../scheduler.ts';
import {explainUnreachable} from './explain.ts';
import {readBlocks} from './qstat-text.ts';

/** Where capabilities are remembered between invocations. What it returns is believed until an answer contradicts it. */
export interface CapabilityCache {
  read(): SchedulerCapabilities | undefined | Promise<SchedulerCapabilities | undefined>;
  write(capabilities: SchedulerCapabilities): void | Promise<void>;
}

const ServerDocument = z.object({
  Server: z.record(z.string(), z.object({job_history_enable: z.optional(z.unknown())})),
});

/** Ask the server what it can do. @throws {SchedulerUnreachable} */
export async function probeCapabilities(run: RunCommand): Promise<SchedulerCapabilities> {
  const json = await run('qstat', ['-B', '-f', '-F', 'json']);
  const first = readServerJson(json);
  if (first) return first;
  const text = await run('qstat', ['-B', '-f']); // before 18.1, and where a value spoils the JSON
  const second = readServerText(text);
  if (second) return second;
  throw explainUnreachable(text);
}

export function readServerJson(done: CommandResult): SchedulerCapabilities | undefined {
  if (done.exitCode !== 0) return undefined;
  const read = ServerDocument.safeParse(parsed(done.stdout));
  const [name, server] = read.success ? (Object.entries(read.data.Server)[0] ?? []) : [];
  if (name === undefined || server === undefined) return undefined;
  return {serverName: name, historyKept: isTrue(server.job_history_enable)};
}

export function readServerText(done: CommandResult): SchedulerCapabilities | undefined {
  if (done.exitCode !== 0) return undefined;
  const server = readBlocks(done.stdout, 'Server')?.[0];
  return server && {serverName: server.id, historyKept: isTrue(server.attributes.get('job_history_enable'))};
}

/** Unset attributes are absent, and history is off unless it was switched on. */
function isTrue(value: unknown): boolean {
  return String(value).toLowerCase() === 'true';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the text form is asked next
  }
}
