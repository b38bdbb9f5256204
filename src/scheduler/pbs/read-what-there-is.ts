import * as z from 'zod/mini';
import {NOT_COMPILED, parseJson} from '../../base/json.ts';
import type {CommandResult} from '../../process/run-command.ts';
import {readAmount} from '../resource-amounts.ts';
import type {HostSeen, QueueElsewhere, ResourceSeen} from '../site.ts';
import {saysCannotConnect} from './explain.ts';

/** What `qstat -Q QUEUE@SERVER` came to. Measured on OpenPBS 23.06: exit 255 and "Unknown Host." where no such name resolves. */
export function readQueueElsewhere(done: CommandResult): QueueElsewhere {
  if (/^unknown host/im.test(done.stderr)) return 'unknown-server';
  if (/unknown queue/i.test(done.stderr)) return 'no-such-queue';
  return done.exitCode === 0 && !saysCannotConnect(done) ? 'there' : 'no-answer';
}

/** What `qmgr -c "list resource"` printed, which every user may ask for: nothing at all where the site has defined none. */
export function readResources(done: CommandResult): ReadonlyMap<string, ResourceSeen> | undefined {
  if (done.exitCode !== 0 || done.notFound) return undefined;
  const found = new Map<string, ResourceSeen>();
  let name: string | undefined;
  for (const line of done.stdout.split('\n')) {
    name = /^Resource (\S+)/i.exec(line)?.[1]?.toLowerCase() ?? name;
    if (name === undefined) continue;
    const flags = /^\s+flag = (\w+)/.exec(line)?.[1];
    found.set(name, flags === undefined ? (found.get(name) ?? {}) : {flags});
  }
  return found;
}

const Nodes = z.object({
  nodes: z.record(z.string(), z.object({resources_available: z.optional(z.record(z.string(), z.unknown()))})),
});

/**
 * What `pbsnodes -a -F json` printed, in JSON or, where it does not know that form, in text, host by host: a chunk may be spread over the vnodes of one host.
 * An amount that cannot be read, such as one that points to another vnode ("@vnode"), is left out for the whole host.
 */
export function readHosts(done: CommandResult): readonly HostSeen[] | undefined {
  if (done.exitCode !== 0 || done.notFound) return undefined;
  const vnodes = fromJson(done.stdout) ?? fromText(done.stdout);
  if (vnodes === undefined) return undefined;
  const hosts = new Map<string, Map<string, number | undefined>>();
  for (const [vnode, available] of vnodes) {
    const host = String(available.host ?? vnode);
    const sums = hosts.get(host) ?? new Map<string, number | undefined>();
    hosts.set(host, sums);
    for (const [name, value] of Object.entries(available)) {
      const amount = readAmount(name, String(value));
      const before = sums.has(name) ? sums.get(name) : 0;
      sums.set(name, amount === undefined || before === undefined ? undefined : before + amount);
    }
  }
  return [...hosts].map(([host, sums]) => ({
    host,
    resources: Object.fromEntries([...sums].flatMap(([name, sum]) => (sum === undefined ? [] : [[name, String(sum)]]))),
  }));
}

type Vnodes = readonly (readonly [vnode: string, available: Readonly<Record<string, unknown>>])[];

function fromJson(stdout: string): Vnodes | undefined {
  const read = Nodes.safeParse(parseJson(stdout), NOT_COMPILED);
  return read.success
    ? Object.entries(read.data.nodes).map(([vnode, {resources_available = {}}]) => [vnode, resources_available])
    : undefined;
}

/** A line of its own for each vnode, then its attributes, indented, and an empty line. */
function fromText(stdout: string): Vnodes | undefined {
  if (!/^[^\s{]/.test(stdout) || !stdout.endsWith('\n\n')) return undefined;
  return stdout
    .trimEnd()
    .split(/\n\n/)
    .map((block) => {
      const [vnode = '', ...lines] = block.split('\n');
      const available = lines.flatMap((line): [string, string][] => {
        const [, name, value] = /^\s+resources_available\.(\S+) = (.*)$/.exec(line) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value]];
      });
      return [vnode, Object.fromEntries(available)];
    });
}
