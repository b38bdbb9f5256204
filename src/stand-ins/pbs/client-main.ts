import {runClient} from './client.ts';

/** Entry of the bundled client: `node client-main.js SOCKET COMMAND ARGS…`. */
const [socketPath = '', command = '', ...argv] = process.argv.slice(2);
void runClient(command, argv, socketPath); // bundled as CommonJS, which has no await here; runClient ends the process itself
