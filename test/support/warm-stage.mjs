// A process that runs one stage command after another, each through the built entry with its own arguments, environment
// and directory, as warm-pool.mjs tells it: what a command says and leaves is tested without paying a start of Node.js.
import {createRequire, enableCompileCache, flushCompileCache} from 'node:module';
import {join} from 'node:path';

enableCompileCache(process.argv[2]); // what the first of these processes compiled
/** By then a process has compiled most of what it will need; it is killed in the end, and would not write it then. */
const COMPILING_COMMANDS = 10;
let commands = 0;
const require = createRequire(import.meta.url);

/** Thrown in place of the end of this process. */
class Ended extends Error {}

const {exit} = process;
process.on('message', async (order) => {
  process.send(await run(order));
  if (++commands <= COMPILING_COMMANDS) flushCompileCache();
});
process.on('disconnect', () => exit.call(process, 0));

async function run({entry, argv, cwd, umask, env}) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.umask(umask);
  process.argv = [process.execPath, join(entry, 'dist', 'start.js'), ...argv];
  process.exitCode = undefined;
  const listeners = process.listeners('uncaughtException');
  const said = {stdout: '', stderr: ''};
  const restore = [capture('stdout', said), capture('stderr', said), endInName()];
  let defect;
  try {
    // Forgotten, this one module is evaluated again; what it requires is loaded once.
    const main = join(entry, 'dist', 'main.cjs');
    delete require.cache[main];
    await require(main).commandEnd;
  } catch (error) {
    if (!(error instanceof Ended)) defect = String(error?.stack ?? error);
  }
  for (const each of restore) each();
  for (const listener of process.listeners('uncaughtException'))
    if (!listeners.includes(listener)) process.off('uncaughtException', listener);
  const exitCode = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return {exitCode, ...said, defect};
}

function capture(name, said) {
  const stream = process[name];
  const {write} = stream;
  stream.write = (chunk, encoding, done) => {
    said[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const told = typeof encoding === 'function' ? encoding : done;
    if (told) queueMicrotask(told);
    return true;
  };
  return () => {
    stream.write = write;
  };
}

function endInName() {
  process.exit = (code) => {
    process.exitCode = code ?? process.exitCode;
    throw new Ended();
  };
  return () => {
    process.exit = exit;
  };
}
