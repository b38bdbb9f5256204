import {serve} from './daemon.ts';

/** The daemon as a process of its own, for tests that kill it. */
const [root = '', socketPath = '', serverName = ''] = process.argv.slice(2);
await serve(root, socketPath, serverName);
console.log('ready');
