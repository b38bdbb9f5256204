import {renameSync, writeFileSync} from 'node:fs';
import type {ControlAnswer, ControlRequest, LocalStatus} from './control.ts';
import type {GlobusStandIn} from './globus/globus-stand-in.ts';
import type {Outages} from './outages.ts';
import type {PbsStandIn} from './pbs/pbs-stand-in.ts';
import type {StandInHome} from './stand-in-home.ts';

export interface Steering {
  readonly request: ControlRequest;
  readonly pbs: PbsStandIn | undefined;
  readonly globus: GlobusStandIn;
  readonly outages: Outages;
  readonly home: StandInHome;
  readonly status: () => LocalStatus;
  readonly end: () => void;
}

/** Do what `stage local` asks of the stand-ins. */
export async function steer({request, pbs, globus, outages, home, status, end}: Steering): Promise<ControlAnswer> {
  let wiped: number | undefined;
  switch (request.do) {
    case 'status':
      break;
    case 'wipe':
      wiped = (await pbs?.wipe()) ?? 0;
      break;
    case 'pause':
      globus.pause(request.collection, request.message);
      break;
    case 'resume':
      globus.resume(request.collection);
      break;
    case 'rate':
      globus.setRate(request.bytesPerSecond);
      break;
    case 'add-collection':
      globus.addCollection({name: request.name, directory: request.directory});
      publishNames(home, globus);
      break;
    case 'share-collection':
      await globus.shareCollection(request);
      publishNames(home, globus);
      break;
    case 'permit':
      globus.permit(request.collection, request.path, request);
      break;
    case 'remove-collection':
      globus.removeCollection(request.collection);
      publishNames(home, globus);
      break;
    case 'require':
      globus.require(request.collection, request.wanted ?? undefined);
      break;
    case 'limit':
      globus.setLimits(request.limits);
      break;
    case 'add-identity':
      globus.addPerson(request.username, request.linked);
      break;
    case 'cancel-task':
      await globus.cancelTask(request.task, request.message);
      break;
    case 'forget-task':
      globus.forgetTask(request.task);
      break;
    case 'outage':
      outages.begin(request.outage);
      break;
    case 'end-outage':
      outages.end(request.targets);
      break;
    case 'expire':
      if (request.collections) globus.expire(request.collections);
      if (request.tokens) globus.expireTokens();
      break;
    case 'renew':
      globus.renew(request.collections);
      break;
    case 'fault':
      globus.setFault(request.collection, request.path, request.code);
      break;
    case 'down':
      await pbs?.stop();
      setImmediate(end);
      break;
    default:
      request satisfies never;
  }
  return {status: status(), ...(wiped === undefined ? {} : {wiped})};
}

/** Write the names of the collections where they are found while nothing runs. */
export function publishNames(home: StandInHome, globus: GlobusStandIn): void {
  const names = Object.fromEntries(globus.collections().map(({name, id}) => [name, id]));
  writeFileSync(`${home.names}.new`, `${JSON.stringify(names)}\n`, {mode: 0o600});
  renameSync(`${home.names}.new`, home.names);
}
