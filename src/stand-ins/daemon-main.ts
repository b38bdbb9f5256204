import {fileURLToPath} from 'node:url';
import {serveStandIns} from './daemon.ts';

const [stageHome, version = ''] = process.argv.slice(2);
if (!stageHome) throw new RangeError('usage: local-daemon STAGE_HOME VERSION');
process.title = 'stage-local';
const programs = fileURLToPath(new URL('.', import.meta.url));
void serveStandIns({stageHome, version, programs}).then(() => process.exit(0));
