import * as endpoints from '@globus/sdk/services/transfer/service/endpoint';
import * as files from '@globus/sdk/services/transfer/service/file-operations';
import * as tasks from '@globus/sdk/services/transfer/service/task';
import * as submissions from '@globus/sdk/services/transfer/service/task-submission';
import * as z from 'zod/mini';
import type {TaskId} from '../../base/ids.ts';
import {noEvidence} from '../../base/no-evidence.ts';
import type {NotifyOn} from '../../base/task-request.ts';
import {SignInNeeded, TransferRefused, TransferUnreachable} from '../../globus-errors.ts';
import type {FileEntry, SkippedFile, TaskSeen, TransferService} from '../transfer-service.ts';
import {type CallerSettings, createCaller} from './caller.ts';
import {EndpointDocument, readCollection} from './read-collection.ts';
import {FileDocument, FileList, readFile} from './read-files.ts';
import {readTask, readTaskList, TASK_FIELDS, TaskList} from './read-task.ts';
import {EventList, MovedList, PauseInfo, readEvent, readPauses, readSkipped, SkippedList} from './read-task-details.ts';
import {
  checkId,
  checkLabel,
  deleteDocument,
  isUuid,
  LIST_PAGE,
  Result,
  SubmissionId,
  SubmissionResult,
  taskFilter,
  transferDocument,
} from './requests.ts';

const PRODUCTION_TRANSFER_URL = 'https://transfer.api.globus.org/';

/** Ids in one task list. Globus names no bound for this list; for its sibling of managers it is 50. */
const CHUNK = 50;
const EVENTS = 100;

export type GlobusTransferSettings = Omit<CallerSettings, 'transferUrl'> & {
  /** `https://transfer.api.globus.org/` when not given */
  readonly transferUrl?: string;
  /** of which ends of a task Globus writes a mail, where its request does not say; none when not given */
  readonly notify?: readonly NotifyOn[] | undefined;
};

export function createGlobusTransfer(settings: GlobusTransferSettings): TransferService {
  z.config({jitless: true}); // a command reads a few answers: compiling a reader for each costs more than it saves
  const call = createCaller({...settings, transferUrl: settings.transferUrl ?? PRODUCTION_TRANSFER_URL});

  async function lookChunk(chunk: readonly TaskId[]): Promise<ReadonlyMap<TaskId, TaskSeen>> {
    const query = {filter: taskFilter(chunk), limit: 1000, fields: TASK_FIELDS};
    const body = await call('GET /task_list', z.unknown(), (sdk) => tasks.getAll({query}, sdk));
    return readTaskList(chunk, body) ?? noEvidence(chunk, 'the list of tasks has an unknown form');
  }

  return {
    async newSubmissionId() {
      const {value} = await call('GET /submission_id', SubmissionId, (sdk) => submissions.submissionId(undefined, sdk));
      return value;
    },

    async submit(submissionId, request) {
      const send = (): Promise<z.infer<typeof SubmissionResult>> => {
        if ('collection' in request) {
          const payload = deleteDocument(submissionId, request, settings);
          return call('POST /delete', SubmissionResult, (sdk) => submissions.submitDelete({payload}, sdk));
        }
        const payload = transferDocument(submissionId, request, {notify: settings.notify, now: Date.now()});
        return call('POST /transfer', SubmissionResult, (sdk) => submissions.submitTransfer({payload}, sdk));
      };
      const {task_id} = await send();
      return task_id as TaskId; // read here
    },

    async look(wanted) {
      const seen = new Map<TaskId, TaskSeen>();
      const askable = [...new Set(wanted)].filter(isUuid);
      for (const id of wanted)
        if (!isUuid(id)) seen.set(id, {kind: 'no-evidence', why: `"${id}" is not a Globus task id`});
      for (let at = 0; at < askable.length; at += CHUNK) {
        const chunk = askable.slice(at, at + CHUNK);
        try {
          for (const [id, what] of await lookChunk(chunk)) seen.set(id, what);
        } catch (error) {
          const timedOut = error instanceof TransferUnreachable && error.timedOut;
          const demand = error instanceof SignInNeeded ? error : undefined;
          const rest = timedOut ? askable.slice(at) : chunk; // the rest would wait as long
          for (const [id, what] of noEvidence(rest, reasonOf(error), {timedOut, demand})) seen.set(id, what);
          if (timedOut) break;
        }
      }
      return seen;
    },

    async cancel(task) {
      checkId(task, 'task');
      try {
        await call(`POST /task/${task}/cancel`, Result, (sdk) => tasks.cancel(task, undefined, sdk));
      } catch (error) {
        if (error instanceof TransferRefused && saysTaskIsOver(error.globusCode)) return; // ended or unknown: nothing to cancel
        throw error;
      }
    },

    async update(task, {label, deadline}) {
      checkId(task, 'task');
      if (label !== undefined) checkLabel(label);
      const payload: Record<string, string> = {DATA_TYPE: 'task'};
      if (label !== undefined) payload.label = label;
      if (deadline !== undefined) payload.deadline = deadline;
      await call(`PUT /task/${task}`, Result, (sdk) => tasks.update(task, {payload}, sdk));
    },

    async events(task, {limit = EVENTS, errorsOnly = false} = {}) {
      checkId(task, 'task');
      const query = {limit, ...(errorsOnly ? {filter: 'is_error:1'} : {})};
      const list = await call(`GET /task/${task}/event_list`, EventList, (sdk) =>
        tasks.getEventList(task, {query}, sdk),
      );
      return list.DATA.map(readEvent);
    },

    async recent({unfinished = false, deletions = false} = {}) {
      const filter = `type:TRANSFER${deletions ? ',DELETE' : ''}${unfinished ? '/status:ACTIVE,INACTIVE' : ''}`;
      const query = {filter, orderby: 'request_time DESC', limit: 1000, fields: TASK_FIELDS};
      const list = await call('GET /task_list', TaskList, (sdk) => tasks.getAll({query}, sdk));
      return list.DATA.map(readTask).flatMap((task) => (task.kind === 'task' ? [task] : []));
    },

    async pauses(task) {
      checkId(task, 'task');
      const info = await call(`GET /task/${task}/pause_info`, PauseInfo, (sdk) =>
        tasks.getPauseInfo(task, undefined, sdk),
      );
      return readPauses(info);
    },

    async moved(task) {
      checkId(task, 'task');
      const list = await call(`GET /task/${task}/successful_transfers`, MovedList, (sdk) =>
        tasks.getSuccessfulTransfers(task, undefined, sdk),
      );
      return list.DATA.flatMap(({source_path: from, destination_path: to}) => (from && to ? [{from, to}] : []));
    },

    async skipped(task, limit) {
      checkId(task, 'task');
      const files: SkippedFile[] = [];
      let marker: number | undefined;
      do {
        const page = await call(`GET /task/${task}/skipped_errors`, SkippedList, (sdk) =>
          tasks.getSkippedErrors(task, {query: {marker}}, sdk),
        );
        files.push(...page.DATA.map(readSkipped));
        marker = page.DATA.length === 0 ? undefined : (page.next_marker ?? undefined);
      } while (marker !== undefined && files.length < limit);
      return {files: files.slice(0, limit), more: marker !== undefined || files.length > limit};
    },

    async list({collection, path, localUser: local_user}, most = Number.POSITIVE_INFINITY) {
      checkId(collection, 'collection');
      const asked = `GET /operation/endpoint/${collection}/ls of ${path}`;
      const all: FileEntry[] = [];
      for (let total = 1; all.length < Math.min(total, most); ) {
        const query = {path, local_user, limit: Math.min(LIST_PAGE, most - all.length), offset: all.length};
        const page = await call(asked, FileList, (sdk) => files.ls(collection, {query}, sdk));
        for (const entry of page.DATA) all.push(readFile(entry)); // a page is nearly as long as the arguments of a call can be
        total = page.total ?? all.length;
        if (page.DATA.length === 0 && all.length < total)
          throw new TransferUnreachable(asked, `the list is cut after ${all.length} of ${total} names`);
      }
      return all;
    },

    async stat({collection, path, localUser: local_user}) {
      checkId(collection, 'collection');
      try {
        const asked = `GET /operation/endpoint/${collection}/stat of ${path}`;
        const file = await call(asked, FileDocument, (sdk) => files.stat(collection, {query: {path, local_user}}, sdk));
        return readFile({...file, name: file.name ?? ''});
      } catch (error) {
        if (error instanceof TransferRefused && error.globusCode === 'NotFound') return undefined;
        throw error;
      }
    },

    async makeDirectory({collection, path, localUser: local_user}) {
      checkId(collection, 'collection');
      const payload = {path, local_user}; // the type does not know it
      await call(`POST /operation/endpoint/${collection}/mkdir of ${path}`, Result, (sdk) =>
        files.mkdir(collection, {payload}, sdk),
      );
    },

    async collection(id) {
      checkId(id, 'collection');
      const found = await call(`GET /endpoint/${id}`, EndpointDocument, (sdk) => endpoints.get(id, undefined, sdk));
      return readCollection(found);
    },
  };
}

function saysTaskIsOver(code: string): boolean {
  return code === 'TaskComplete' || code === 'NotFound' || code === 'ClientError.NotFound';
}

/** For `look`, which never throws: the whole story in one line. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const why = 'why' in error && typeof error.why === 'string' ? `: ${error.why}` : '';
  return `${error.message}${why}`;
}
