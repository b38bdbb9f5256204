import * as z from 'zod/mini';

// Only the fields that are used, each as loosely as it is needed: what the service adds or leaves out does no harm.
// `zod/mini` is the same library with a functional surface; it bundles to a sixth of the size and loads faster.

const Text = z.nullish(z.string());
const Count = z.nullish(z.number());

/** Globus Transfer API, "Task document". */
export const TaskDocument = z.object({
  task_id: z.string(),
  status: z.string(),
  label: Text,
  source_endpoint_id: Text,
  source_endpoint_display_name: Text,
  destination_endpoint_id: Text,
  destination_endpoint_display_name: Text,
  request_time: Text,
  completion_time: Text,
  deadline: Text,
  is_paused: z.nullish(z.boolean()),
  nice_status: Text,
  nice_status_short_description: Text,
  fatal_error: z.optional(z.unknown()), // an object; JSON text in old documents; null
  faults: Count,
  files: Count,
  files_transferred: Count,
  files_skipped: Count,
  subtasks_total: Count,
  subtasks_pending: Count,
  subtasks_skipped_errors: Count,
  bytes_transferred: Count,
  effective_bytes_per_second: Count,
  canceled_by_admin: Text,
  canceled_by_admin_message: Text,
});
export type TaskDocument = z.infer<typeof TaskDocument>;

/** The fields of {@link TaskDocument}, for the `fields` parameter. */
export const TASK_FIELDS = Object.keys(TaskDocument.shape).join(',');

export const FatalError = z.object({code: Text, description: Text});

/** Tasks are read one by one, so that one odd document does not hide the others. */
export const TaskList = z.object({DATA: z.array(z.unknown()), length: Count, total: Count});

export const SubmissionId = z.object({value: z.string().check(z.minLength(1))});
/** `Accepted`, or `Duplicate` with the same task id when the submission id was used before. */
export const SubmissionResult = z.object({task_id: z.string().check(z.minLength(1))});
/** A `result` document, such as that of a cancellation. */
export const Result = z.object({code: z.string()});

export const EventList = z.object({
  DATA: z.array(
    z.object({
      code: z.string(),
      is_error: z.nullish(z.boolean()),
      description: Text,
      details: z.optional(z.unknown()),
      time: z.string(),
    }),
  ),
});

export const FileList = z.object({
  DATA: z.array(z.object({name: z.string(), type: z.string(), size: Count})),
  length: Count,
  total: Count,
});

/** What `stat` answers: a bare file document. */
export const FileDocument = z.object({name: Text, type: z.string(), size: Count});

/** `pause_info_limited`: what a task's owner may know of what pauses it. */
export const PauseInfo = z.object({
  pause_rules: z.nullish(
    z.array(
      z.object({
        message: Text,
        start_time: Text,
        endpoint_id: Text,
        endpoint_display_name: Text,
      }),
    ),
  ),
  source_pause_message: Text,
  destination_pause_message: Text,
  source_pause_message_share: Text,
  destination_pause_message_share: Text,
});
export type PauseInfo = z.infer<typeof PauseInfo>;

export const MovedList = z.object({DATA: z.array(z.object({source_path: Text, destination_path: Text}))});

export const SkippedDocument = z.object({
  source_path: Text,
  destination_path: Text,
  is_directory: z.nullish(z.boolean()),
  error_code: Text,
  error_details: Text,
});
/** Paged by marker: an integer, null at the end. */
export const SkippedList = z.object({
  DATA: z.array(SkippedDocument),
  next_marker: Count,
});

export const EndpointDocument = z.object({
  id: z.string(),
  display_name: Text,
  canonical_name: Text,
  owner_string: Text,
  owner_id: Text,
  entity_type: Text,
  high_assurance: z.nullish(z.boolean()),
  authentication_timeout_mins: Count,
  authentication_policy_id: Text,
  contact_email: Text,
  gcp_connected: z.nullish(z.boolean()),
  gcp_paused: z.nullish(z.boolean()),
  non_functional: z.nullish(z.boolean()),
});
