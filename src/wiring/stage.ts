import type {SignInSettings} from '../auth/open-tokens.ts';
import type {Campaigns} from '../campaign/campaigns.ts';
import type {Locations} from '../config/locations.ts';
import type {Profile} from '../config/profile.ts';
import type {EngineContext} from '../engine/context.ts';
import type {Packing} from '../engine/packing.ts';
import type {JobStore} from '../ledger/job-store.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {Limits} from '../limits/open-limits.ts';
import type {Log} from '../log/log.ts';
import type {Areas} from '../outputs/areas.ts';
import type {PathSeen} from '../outputs/look-at.ts';
import type {JobHistory} from '../scheduler/history.ts';
import type {Reservations} from '../scheduler/reservations.ts';
import type {Scheduler} from '../scheduler/scheduler.ts';
import type {Site} from '../scheduler/site.ts';
import type {Bookmark, CollectionService} from '../transfer/collection-service.ts';
import type {WaysHere} from '../transfer/plugin-contract.ts';

/** What naming a place takes: friendly names, bookmarks, paths of the cluster. */
export interface PlacesStage {
  readonly profile: Profile;
  readonly locations: Locations;
  /** collections and bookmarks at Globus, for people */
  collectionService(): Promise<CollectionService>;
  /** bookmarks at Globus; none where the stand-in has not served yet, which is not started for them */
  bookmarks(): Promise<readonly Bookmark[]>;
  /** friendly names of collections: the configuration's, and the stand-in's where it serves; starts nothing */
  collections(): Promise<Readonly<Record<string, string>>>;
}

/** What single transfers take. */
export interface TransfersStage extends PlacesStage {
  /** PBS and Globus, opened when first asked for: much of what people ask needs neither */
  engine(): Promise<EngineContext>;
  /** what is on this host for ways other than Globus */
  readonly ways: WaysHere;
}

/** What preparing and checking a workflow takes. */
export interface WorkflowStage extends TransfersStage {
  readonly ledger: Ledger;
  /** the limits of the state directory, and those that it shares */
  readonly limits: Limits;
  /** Before anything is made in the state directory. @throws {StateDirectoryGone} where this host knows that there was one */
  requireState(): void;
  /** what this PBS offers: commands, server, queues */
  site(): Promise<Site>;
}

/** What jobs make on this cluster. */
export interface OutputsStage
  extends Pick<WorkflowStage, 'ledger' | 'limits' | 'profile' | 'locations' | 'requireState' | 'collections'> {
  readonly outputs: OutputsOnDisk;
  /** this process, for records: `user@host:pid` */
  readonly by: string;
  /** the user who decides by this command: `user@host` */
  readonly person: string;
}

export interface OutputsOnDisk {
  readonly areas: Areas;
  /** what lies at a path of the cluster; asked in a process of its own, which may hang */
  look(path: string): Promise<PathSeen>;
}

/** What runs take. */
export interface RunsStage extends WorkflowStage {
  /** this process, for records: `user@host:pid` */
  readonly by: string;
  /** the user who decides by this command: `user@host` */
  readonly person: string;
  /** what PBS remembers of jobs, for people */
  history(): Promise<JobHistory>;
  /** those of the state directory: runs may be of one */
  campaigns(): Promise<Campaigns>;
  /** why a run that has ended is not packed: one function for each that may need its directory */
  readonly reasonsToKeep: Packing['reasonsToKeep'];
  /** reservations, to explain to people why a job waits */
  reservations(): Promise<Reservations>;
  readonly outputs: OutputsOnDisk;
}

/** What limits take. */
export type LimitsStage = Pick<RunsStage, 'limits' | 'ledger' | 'profile' | 'by' | 'person'>;

/** What single jobs take. */
export interface JobsStage extends Pick<RunsStage, 'profile' | 'by'> {
  /** what is on record of single jobs: those of "stage job submit" */
  readonly jobs: JobStore;
  /** PBS alone, for what needs no Globus, and no credentials for it */
  scheduler(): Promise<Scheduler>;
}

/** What signing in takes. */
export interface SignInStage extends WorkflowStage {
  /** how this profile signs in to Globus; reads and asks nothing yet. @throws {RequestWrong} when it cannot */
  signIn(): Promise<SignInSettings>;
}

/** Everything that is opened for one profile; a use-case takes the slice of it that its capability needs. */
export interface Stage extends RunsStage, JobsStage, SignInStage {
  /** the log of stage itself; nothing is decided by it */
  readonly log: Log;
}
