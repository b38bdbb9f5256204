// The built client of the stand-in's PBS commands (src/stand-ins/pbs/client.ts), evaluated for each command with the
// arguments, variables and directory of who called it, in a process that goes on.
import fs, {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import net from 'node:net';
import {basename, dirname, join} from 'node:path';
import {compileFunction} from 'node:vm';
import {standInHome} from '../../src/stand-ins/stand-in-home.ts';

const require = createRequire(import.meta.url);
const PARAMETERS = ['require', 'process', 'module', 'exports'];
const compiled = new Map();

/** In place of a connection, for a command that asks nothing any more. */
const NOWHERE = {setEncoding() {}, once() {}, on() {}, write() {}, destroy() {}};

/** @param order.called where the command lies, beside its client; @param asking its end is that of the command */
export function runPbs({called, argv, cwd, env}, asking, answer) {
  const bin = dirname(called);
  const said = {stdout: '', stderr: ''};
  const sockets = [];
  let answered = false;
  const end = (exitCode) => {
    if (answered) return;
    answered = true;
    answer({exitCode, ...said});
  };
  const stream = (name) => ({
    on: () => undefined,
    write: (text) => {
      said[name] += text;
      return true;
    },
  });
  const command = {
    argv: ['node', 'client', standInHome(dirname(dirname(bin))).socket, basename(called), ...argv],
    env: {...env, X: undefined, STAGE_PBS_BIN: bin, STAGE_PBS_SERVER: 'stage-local'},
    cwd: () => process.cwd(),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    once: () => undefined,
    exit: end,
    set exitCode(code) {
      end(code);
    },
  };
  const modules = {
    'node:fs': {
      ...fs,
      readSync(fd, ...rest) {
        if (fd !== 0) return fs.readSync(fd, ...rest);
        end('cold'); // the standard input is not here: the program itself is needed
        return 0;
      },
    },
    'node:net': {
      connect(path) {
        if (answered) return NOWHERE;
        const socket = net.connect(path);
        sockets.push(socket);
        return socket;
      },
    },
  };
  asking.on('close', () => {
    for (const socket of sockets) socket.destroy();
  });
  asking.resume();
  try {
    // All that concerns the directory is read before the client first waits.
    process.chdir(cwd);
    clientIn(bin)((name) => modules[name] ?? require(name), command, {}, {});
  } catch {
    end('cold');
  }
}

function clientIn(bin) {
  const file = join(bin, 'local-pbs-client.cjs');
  const text = readFileSync(file, 'utf8');
  if (!compiled.has(text)) compiled.set(text, compileFunction(text, PARAMETERS, {filename: file}));
  return compiled.get(text);
}
