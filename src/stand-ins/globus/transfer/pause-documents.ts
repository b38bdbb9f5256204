import {taskTime} from '../http/time.ts';
import type {Collection, Collections} from '../store/collections.ts';
import type {PauseRule, PauseRules} from './pause-rules.ts';
import type {TaskState} from './task-state.ts';

/** A pause rule as its managers see it. Source: Globus Transfer API, "pause_rule". */
export function pauseRuleDocument(rule: PauseRule, collections: Collections): Record<string, unknown> {
  return {
    ...limitedDocument(rule, collections),
    DATA_TYPE: 'pause_rule',
    modified_by_id: rule.modifiedBy,
    created_by_host_manager: false,
    editable: true,
  };
}

const limitedDocument = (rule: PauseRule, collections: Collections): Record<string, unknown> => ({
  DATA_TYPE: 'pause_rule_limited',
  id: rule.id,
  message: rule.message,
  start_time: taskTime(rule.startsAt ?? rule.createdAt),
  modified_time: taskTime(rule.modifiedAt),
  endpoint_id: rule.endpointId,
  endpoint_display_name: collections.get(rule.endpointId)?.name ?? null,
  identity_id: rule.identityId,
  ...rule.flags,
});

/** What a task's owner may know of what pauses it. Source: Globus Transfer API, `pause_info_limited`. */
export function pauseInfoDocument(
  task: TaskState,
  rules: PauseRules,
  collections: Collections,
  now: number,
): Record<string, unknown> {
  const ruling = rules.onTask(task, now);
  const messageOf = (collection: Collection | undefined, side: 'SOURCE' | 'DESTINATION'): string | null => {
    const {adminPause} = task;
    if (adminPause && [side, 'BOTH'].includes(adminPause.sides)) return adminPause.message;
    return ruling.find((rule) => rule.endpointId === collection?.id)?.message ?? null;
  };
  return {
    DATA_TYPE: 'pause_info_limited',
    pause_rules: ruling.map((rule) => limitedDocument(rule, collections)),
    source_pause_message: messageOf(collections.get(task.source.id), 'SOURCE'),
    destination_pause_message: task.destination ? messageOf(collections.get(task.destination.id), 'DESTINATION') : null,
    source_pause_message_share: null,
    destination_pause_message_share: null,
  };
}
