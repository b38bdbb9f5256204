import {runClient} from './client.ts';

/** Entry of the bundled client: `node client-main.js SOCKET COMMAND ARGS…`. */
const [socketPath = '', command = '', ...argv] = process.argv.slice(2);
await runClient(command, argv, socketPath);
