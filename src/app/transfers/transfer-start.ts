import {readDeadline} from '../../base/duration.ts';
import type {Place, TransferRequest} from '../../base/task-request.ts';
import {RequestWrong} from '../../errors.ts';
import {TransferRefused} from '../../globus-errors.ts';
import {conflictInWords, conflictingTasks, isConflict} from '../../submission/explain-conflict.ts';
import type {TransferService} from '../../transfer/transfer-service.ts';
import type {TransfersStage} from '../../wiring/stage.ts';
import {checkTransfer} from '../../workflow/file/check-transfer.ts';
import type {Problem} from '../../workflow/file/problems.ts';
import {type BatchRead, batchOf} from '../../workflow/file/read-batches.ts';
import {itemsOf} from '../../workflow/model/items.ts';
import {type PlaceNames, resolvePlace} from '../../workflow/model/places.ts';
import {ITEMS_A_TASK} from '../../workflow/model/split-items.ts';
import type {WrittenTransfer} from '../../workflow/model/transfer-options.ts';
import {toTransferStep} from '../../workflow/model/transfer-step.ts';
import type {TransferStep} from '../../workflow/model/workflow.ts';
import {readingPlaces} from '../places/place-names.ts';
import {readBatchFile, readStandardInput} from '../shared/read-batch-file.ts';
import {type Asking, submitOnce} from './submit-once.ts';

export interface StartRequest {
  /** the transfer as it would stand in a workflow file */
  readonly transfer: Omit<WrittenTransfer, 'batch' | 'items' | 'filters'>;
  /** `METHOD[:TYPE]=NAME`, in order */
  readonly filters: readonly string[];
  /** a file with items, or `-` for standard input */
  readonly batch: string | undefined;
  readonly label: string | undefined;
  /** of an earlier try: the same id asked twice is still one task */
  readonly submissionId: string | undefined;
  /** the command as it was typed, a word each: what to repeat when the answer is lost */
  readonly typed: readonly string[];
}

export interface StartReport {
  readonly task: string;
  readonly submissionId: string;
}

/**
 * Start one transfer outside any run.
 *
 * @param onSubmissionId told before Globus is asked, so that a script can note it
 * @throws {RequestWrong} {TransferRefused} {TransferUnreachable} {SignInNeeded}
 */
export async function startTransfer(
  stage: TransfersStage,
  request: StartRequest,
  onSubmissionId: (id: string) => void,
): Promise<StartReport> {
  const batch = request.batch === undefined ? undefined : await openBatch(request.batch);
  const step = await readingPlaces(stage, (names) =>
    // Ways of the profile are for steps: what this starts is a task of Globus.
    readStart(request, batch, {...names, ways: []}),
  );
  const asked: TransferRequest = {
    label: request.label ?? 'stage transfer',
    sourceCollection: step.from.collection,
    destinationCollection: step.to.collection,
    sourceLocalUser: step.from.localUser,
    destinationLocalUser: step.to.localUser,
    items: itemsOf(step),
    options: step.options,
  };
  const {transfers} = await stage.engine();
  const submissionId = request.submissionId ?? (await transfers.newSubmissionId());
  onSubmissionId(submissionId);
  return {task: await submit(transfers, asked, {submissionId, typed: request.typed}), submissionId};
}

async function submit(transfers: TransferService, request: TransferRequest, asking: Asking) {
  try {
    return await submitOnce(transfers, request, asking);
  } catch (error) {
    if (!isConflict(error)) throw error;
    const {own, others} = await conflictingTasks(transfers, request, () => undefined);
    const tasks = own ? [own] : others;
    const [only] = tasks;
    throw new TransferRefused({
      asked: 'POST /transfer',
      globusCode: error.globusCode,
      why: `${error.why ?? ''}; ${conflictInWords(tasks)}`,
      next:
        only && tasks.length === 1
          ? [`Wait for its end: stage transfer wait ${only.task}`, `Or end it: stage transfer cancel ${only.task}`]
          : ['Wait for its end, or cancel it; then run the same command again.'],
      cause: error,
    });
  }
}

/** The name under which the one transfer of a command line is checked as a step. */
const STEP = 'transfer';

/** @throws {RequestWrong} with every mistake, each told of the flag it stands in */
function readStart(request: StartRequest, batch: BatchRead | undefined, names: PlaceNames): TransferStep {
  const filters = request.filters.map(readFilter);
  const transfer = {...request.transfer, ...(filters.length > 0 ? {filters} : {})};
  const written = {...transfer, ...(batch ? {batch: request.batch} : {})};
  const batches = new Map(batch ? [[STEP, batch]] : []);
  const problems = checkTransfer(['steps', STEP, 'transfer'], written, names, batches);
  const details = [...problems.map(inWordsOfFlags), ...wrongDeadline(transfer.deadline)];
  if (details.length > 0)
    throw new RequestWrong('the transfer cannot be started as it is', {
      code: 'TRANSFER_INVALID',
      details,
      next: ['Correct what is named above; all flags with examples: stage transfer start --help'],
    });
  requireConfirmed(transfer);
  const common = {name: STEP, needs: [], onFailureOf: [], after: []};
  const ends = {from: placeIn(transfer.from, names), to: placeIn(transfer.to, names)};
  const step = toTransferStep(common, transfer, ends, batch?.items);
  if ((step.items?.length ?? 0) > ITEMS_A_TASK)
    throw new RequestWrong(`--batch ${request.batch} has ${step.items?.length} items`, {
      why: `one transfer takes at most ${ITEMS_A_TASK}`,
      next: [
        `Split it: split -l ${ITEMS_A_TASK} FILE`,
        'Or name it in a workflow file: stage makes several transfers of it.',
      ],
    });
  return step;
}

function placeIn(text: string, names: PlaceNames): Place {
  const resolved = resolvePlace(text, names);
  if (typeof resolved === 'string') throw new RangeError(resolved); // found right: cannot happen
  return resolved.place;
}

/** `exclude=*.tmp`, `include:file=*.nc`. */
function readFilter(text: string): NonNullable<WrittenTransfer['filters']>[number] {
  const [, method, type, name] = /^(include|exclude)(?::(file|dir))?=(.+)$/s.exec(text) ?? [];
  if (method === undefined || name === undefined)
    throw new RequestWrong(`--filter ${text}: it is not a rule`, {
      next: ['Write it as METHOD=NAME or METHOD:TYPE=NAME, such as include:file=*.nc or exclude=tmp*'],
    });
  return {
    ...(method === 'include' ? {include: name} : {exclude: name}),
    type: type === 'file' || type === 'dir' ? type : undefined,
  };
}

async function openBatch(file: string): Promise<BatchRead> {
  const read = file === '-' ? await readStandardInput() : readBatchFile(file);
  const name = file === '-' ? 'standard input' : file;
  return 'text' in read
    ? batchOf(read.text, name)
    : {items: [], lineOf: () => name, wrong: `${name} cannot be read: ${read.wrong}`};
}

/** What is wrong with a deadline that was typed; none when it can be read. */
export function wrongDeadline(deadline: string | undefined): string[] {
  if (deadline === undefined || readDeadline(deadline) !== undefined) return [];
  if (/T.*(Z|[+-]\d\d:\d\d)$/.test(deadline) && !Number.isNaN(Date.parse(deadline))) return [];
  return [
    `--deadline ${deadline}: needs a date and time with zone, such as 2030-01-31T18:00:00+01:00, or a time from now, such as 2d`,
  ];
}

/** `--external-checksum: …`, FROM and TO for the arguments. */
function inWordsOfFlags({path, text}: Problem): string {
  const key = String(path[3] ?? '');
  const name = key === 'from' || key === 'to' ? key.toUpperCase() : `--${key.replaceAll('_', '-')}`;
  return key === '' || text.startsWith('"') ? keysAsFlags(text) : `${name}: ${keysAsFlags(text)}`;
}

/** What a text says of keys of a workflow file, said of flags. */
function keysAsFlags(text: string): string {
  return text
    .replace(/\b(\w+): true\b/g, (_, key: string) => `--${key.replaceAll('_', '-')}`)
    .replace(
      /\b(delete_extra|external_checksum|checksum_algorithm|batch)\b(?=[ ,;]|$)/g,
      (key) => `--${key.replaceAll('_', '-')}`,
    )
    .replace(/"(from|to)"/g, (_, end: string) => end.toUpperCase());
}

function requireConfirmed({delete_extra: deletes, confirm_delete: confirmed, to}: StartRequest['transfer']): void {
  if (!deletes || confirmed) return;
  throw new RequestWrong(`--delete-extra would delete files at ${to}, which has not been confirmed`, {
    code: 'DELETE_NOT_CONFIRMED',
    why: 'it removes at the destination what the source does not have',
    next: ['To confirm it: the same command with --confirm-delete'],
  });
}
