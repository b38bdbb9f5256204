import {type DependGroup, mergeDepend, readDepend} from '../depend.ts';
import type {ServerNames} from '../job-id.ts';
import {lastValue, type Sent} from './sent.ts';

/** What becomes of the attributes that `-W` alone sets. */
interface Attributes {
  readonly depend: DependGroup[];
  /** it names an unknown server: an id is printed, and there is no job */
  readonly vanishes: boolean;
  readonly umask?: string | undefined;
  readonly sandbox?: string | undefined;
  readonly groupList?: string | undefined;
  readonly stagein?: string | undefined;
  readonly stageout?: string | undefined;
  readonly runCount: number;
}

/** Read what qsub and the server have looked at already. */
export function readWAttributes(sent: readonly Sent[], names: ServerNames): Attributes {
  const depend = sent.filter(({name}) => name.toLowerCase() === 'depend').map(({value}) => readDepend(value, names));
  const umask = lastValue(sent, 'umask');
  return {
    depend: mergeDepend(depend.flatMap((each) => (each.kind === 'groups' ? [each.groups] : []))),
    vanishes: depend.some(({kind}) => kind === 'vanishes'),
    umask: umask === undefined ? undefined : String(Number(umask) || 0),
    sandbox: lastValue(sent, 'sandbox'),
    groupList: lastValue(sent, 'group_list'),
    stagein: lastValue(sent, 'stagein'),
    stageout: lastValue(sent, 'stageout'),
    runCount: Number(lastValue(sent, 'run_count')) || 0,
  };
}
