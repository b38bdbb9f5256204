import * as z from 'zod/mini';
import {oneLine} from '../../base/text.ts';
import type {Pause, SkippedFile, TaskEvent} from '../transfer-service.ts';
import {Position, Switch, Text} from './document-parts.ts';
import {readTime} from './read-task.ts';

export const EventList = z.object({
  DATA: z.array(
    z.object({
      code: z.catch(z.string(), 'UNKNOWN'),
      is_error: Switch,
      description: Text,
      details: z.optional(z.unknown()),
      time: Text,
    }),
  ),
});

/** What happened to a task. Pure. Source: Globus Transfer API, "Event document". */
export function readEvent(event: z.infer<typeof EventList>['DATA'][number]): TaskEvent {
  return {
    at: readTime(event.time) ?? 0,
    code: event.code,
    isError: event.is_error ?? false,
    description: event.description ?? '',
    details: typeof event.details === 'string' ? event.details : JSON.stringify(event.details ?? ''),
  };
}

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
  is_directory: Switch,
  error_code: Text,
  error_details: Text,
});
/** Paged by marker: an integer, null at the end. */
export const SkippedList = z.object({
  DATA: z.array(SkippedDocument),
  next_marker: Position,
});

/**
 * Why a task is paused: the rules of the collections' managers. A manager may also pause one task without a rule; then
 * only the message tells. Pure. Source: Globus Transfer API, `pause_info_limited`.
 */
export function readPauses(info: PauseInfo): Pause[] {
  const rules = (info.pause_rules ?? []).map(
    ({endpoint_id: id, endpoint_display_name: name, message, start_time}): Pause => ({
      collection: id ? {id, name: name || id} : undefined,
      message: message ?? '',
      since: readTime(start_time),
    }),
  );
  const messagesOfRules = new Set(rules.map(({message}) => message));
  const messages = [
    info.source_pause_message,
    info.destination_pause_message,
    info.source_pause_message_share,
    info.destination_pause_message_share,
  ].flatMap((message) => (message && !messagesOfRules.has(message) ? [message] : []));
  return [...rules, ...[...new Set(messages)].map((message): Pause => ({message}))];
}

/** A file that a task passed over. Pure. Source: Globus Transfer API, "Skipped errors". */
export function readSkipped(document: z.infer<typeof SkippedDocument>): SkippedFile {
  return {
    from: document.source_path || undefined,
    to: document.destination_path || undefined,
    isDirectory: document.is_directory ?? false,
    code: document.error_code ?? 'UNKNOWN',
    details: oneLine(document.error_details ?? ''),
  };
}
