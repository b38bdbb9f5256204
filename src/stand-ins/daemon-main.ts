import {fileURLToPath} from 'node:url';
import {serveStandIns} from './daemon.ts';
import {writeRecord} from './record.ts';
import {DAMAGED_EXIT, StandInError} from './stand-in-error.ts';
import {standInHome} from './stand-in-home.ts';

const [stageHome, version = ''] = process.argv.slice(2);
if (!stageHome) throw new RangeError('usage: local-daemon STAGE_HOME VERSION');
process.title = 'stage-local';
const programs = fileURLToPath(new URL('.', import.meta.url));
void serveStandIns({stageHome, version, programs}).then(
  () => process.exit(0),
  (error: unknown) => {
    if (!(error instanceof StandInError && error.trouble === 'damaged')) throw error;
    const {message: what, why, next} = error;
    console.error(`${what}: ${why}`);
    writeRecord(standInHome(stageHome).failed, {what, why, next}); // for the command that waits for this process
    process.exit(DAMAGED_EXIT);
  },
);
