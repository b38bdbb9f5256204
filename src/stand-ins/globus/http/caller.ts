/** Who calls: tasks belong to the identity, consents to the identity and the client together. */
export interface Caller {
  readonly identity: string;
  readonly client: string;
}
