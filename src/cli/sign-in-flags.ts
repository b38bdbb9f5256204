import {Args, Flags} from '@oclif/core';
import type {CollectionsRequest} from '../app/sign-in/sign-in-collections.ts';
import {workflowRequest} from './workflow-flags.ts';

/** What names the collections that a sign-in is for; the same for `login` and `whoami`. */
export const collectionsArgs = {
  // Not from stdin, where oclif would look for it: there the code is pasted.
  workflow: Args.string({description: 'workflow file: its collections', ignoreStdin: true}),
};

export const collectionsFlags = {
  collection: Flags.string({
    multiple: true,
    description: 'collection, by name or id (may be repeated)',
    helpValue: 'NAME',
  }),
  param: Flags.string({
    multiple: true,
    description: 'value of a parameter of the workflow file (may be repeated)',
    helpValue: 'KEY=VALUE',
  }),
};

export function collectionsRequest(
  workflow: string | undefined,
  flags: {readonly collection?: readonly string[]; readonly param?: readonly string[]},
): CollectionsRequest {
  const {collection: collections = [], param = []} = flags;
  return {collections, workflow: workflow === undefined ? undefined : workflowRequest(workflow, {param})};
}
