import {randomUUID} from 'node:crypto';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import type {TaskId} from '../../src/base/ids.ts';
import {createOutages} from '../../src/stand-ins/outages.ts';
import {transfersByWay} from '../../src/transfer/by-way.ts';
import {createCommandTransfer} from '../../src/transfer/command/command-transfer.ts';
import {createGlobusTransfer} from '../../src/transfer/globus/globus-transfer.ts';
import {openWorld, until} from '../stand-ins/globus/support.ts';
import {CopyWorld} from '../support/copies.ts';
import {FakeTransfers} from '../support/fakes.ts';
import {makeMemoryDirectory} from '../support/memory-directory.ts';
import {MemoryPlugin} from '../support/plugin.ts';
import {type TransferWorld, transferServiceContract} from './transfer-service.ts';

/** In memory: what the tests of the engine talk to. */
async function fake(): Promise<TransferWorld> {
  const transfers = new FakeTransfers();
  const source = transfers.addCollection('source');
  return {
    transfers,
    source,
    destination: transfers.addCollection('destination'),
    nobody: 'nobody',
    put: (path, content) => transfers.put({collection: source, path}, content.length),
    pause: (message) => {
      transfers.paused = [{message}];
    },
    async finish(task) {
      transfers.paused = [];
      transfers.finish(task);
    },
    goDown: () => {
      transfers.down = true;
    },
    comeBack: () => {
      transfers.down = false;
    },
    remove: async () => {},
  };
}

/** The adapter, over HTTP, against the stand-in Globus, which really moves files. */
async function standIn(): Promise<TransferWorld> {
  const outages = createOutages();
  const world = await openWorld(outages);
  const token = async () => world.token;
  const transfers = createGlobusTransfer({
    tokens: {token, renew: token},
    transferUrl: world.globus.url,
    backoffMs: 1,
    pace: async () => {},
  });
  const stateOf = async (task: TaskId) => {
    const seen = (await transfers.look([task])).get(task);
    return seen?.kind === 'task' ? seen.state : seen?.kind;
  };
  return {
    transfers,
    source: world.source.id,
    destination: world.destination.id,
    nobody: randomUUID(),
    put: world.put,
    pause: (message) => world.globus.pause('destination', message),
    async finish(task) {
      world.globus.resume('destination');
      await until(`task ${task} has succeeded`, async () => (await stateOf(task)) === 'succeeded');
    },
    goDown: () =>
      outages.begin({target: 'globus', mode: 'down', rate: 1, seconds: null, count: null, command: null, auth: false}),
    comeBack: () => outages.end(),
    remove: async () => {
      outages.end();
      await world.remove();
    },
  };
}

/** A program of a site, under the service that sends each request to its way. */
async function plugin(): Promise<TransferWorld> {
  const directory = makeMemoryDirectory('stage-plugin-');
  const program = new MemoryPlugin();
  const way = createCommandTransfer({
    run: program.run,
    timeoutMs: 1000,
    env: {},
    node: process.execPath,
    ways: join(directory, 'ways'),
    ensureHome: () => {},
    clock: Date.now,
    by: 'test',
  });
  const byCopy = () => Promise.reject(new Error('nothing goes this way'));
  return {
    transfers: transfersByWay(new FakeTransfers(), {command: async () => way, copy: byCopy}),
    movesOnly: {count: () => program.tasks.size, via: {by: 'command', program: '/opt/site/mover'}},
    source: 'archive',
    destination: 'localhost',
    nobody: `command-${randomUUID()}`,
    put: () => {},
    pause: (message) => {
      program.paused = message;
    },
    async finish(task) {
      program.finish(task.replace('command-', 't-'));
    },
    goDown: () => {
      program.down = true;
    },
    comeBack: () => {
      program.down = false;
    },
    remove: async () => rmSync(directory, {recursive: true, force: true}),
  };
}

/** Jobs that copy, and a PBS in memory that begins none of them before a test says so. */
async function copy(): Promise<TransferWorld> {
  const directory = makeMemoryDirectory('stage-copies-');
  const copies = new CopyWorld(directory);
  const way = copies.open();
  const byCommand = () => Promise.reject(new Error('nothing goes this way'));
  return {
    transfers: transfersByWay(new FakeTransfers(), {copy: async () => way, command: byCommand}),
    movesOnly: {count: () => copies.scheduler.jobs.size, via: {by: 'copy'}, knowsNoPause: true},
    source: 'archive',
    destination: 'localhost',
    nobody: `copy-${randomUUID()}`,
    put: () => {},
    pause: () => {},
    async finish(task) {
      copies.begin(task, 1);
      copies.end(task, 1);
    },
    goDown: () => {
      copies.scheduler.down = true;
    },
    comeBack: () => {
      copies.scheduler.down = false;
    },
    remove: async () => rmSync(directory, {recursive: true, force: true}),
  };
}

transferServiceContract('the fake', fake);
transferServiceContract('the Globus adapter and the stand-in', standIn);
transferServiceContract('a plug-in', plugin, true);
transferServiceContract('copies by jobs', copy, true);
