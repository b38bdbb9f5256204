/** What qsub sends to the server. */

/** One attribute of the job, or one of its resources. */
export interface Sent {
  /** as qsub sends it, or as `-W` names it */
  readonly name: string;
  readonly resource?: string | undefined;
  readonly value: string;
}

/** The attributes that options set. */
export const ATTRIBUTE_OF: Readonly<Record<string, string>> = {
  a: 'Execution_Time',
  A: 'Account_Name',
  c: 'Checkpoint',
  e: 'Error_Path',
  h: 'Hold_Types',
  j: 'Join_Path',
  J: 'array_indices_submitted',
  k: 'Keep_Files',
  m: 'Mail_Points',
  M: 'Mail_Users',
  N: 'Job_Name',
  o: 'Output_Path',
  p: 'Priority',
  P: 'project',
  r: 'Rerunable',
  R: 'Remove_Files',
  S: 'Shell_Path_List',
  u: 'User_List',
};

/** The last of several holds. */
export function lastValue(sent: readonly Sent[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  return sent.findLast((each) => each.resource === undefined && each.name.toLowerCase() === wanted)?.value;
}
