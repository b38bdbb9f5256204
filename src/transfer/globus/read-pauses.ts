import type {Pause} from '../transfer-service.ts';
import {readTime} from './read-task.ts';
import type {PauseInfo} from './schemas.ts';

/**
 * Why a task is paused: the rules of the collections' managers. A manager may also pause one task without a rule; then
 * only the message tells. Pure. Source: Globus Transfer API, `pause_info_limited`.
 */
export function readPauses(info: PauseInfo): Pause[] {
  const rules = (info.pause_rules ?? []).map((rule): Pause => {
    const since = readTime(rule.start_time);
    const {endpoint_id: id, endpoint_display_name: name} = rule;
    return {
      ...(id ? {collection: {id, name: name || id}} : {}),
      message: rule.message ?? '',
      ...(since === undefined ? {} : {since}),
    };
  });
  const told = new Set(rules.map(({message}) => message));
  const messages = [
    info.source_pause_message,
    info.destination_pause_message,
    info.source_pause_message_share,
    info.destination_pause_message_share,
  ].flatMap((message) => (message && !told.has(message) ? [message] : []));
  return [...rules, ...[...new Set(messages)].map((message): Pause => ({message}))];
}
