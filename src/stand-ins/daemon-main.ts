import {fileURLToPath} from 'node:url';
import {serveStandIns} from './daemon.ts';

const [stageHome, version = ''] = process.argv.slice(2);
if (!stageHome) throw new RangeError('usage: local-daemon STAGE_HOME VERSION');
process.title = 'stage-local';
const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
await serveStandIns({
  stageHome,
  version,
  clientJs: beside('./local-pbs-client.cjs'),
  front: beside('./local-pbs-client'),
});
process.exit(0);
