import * as z from 'zod/mini';
import type {FileDetails} from '../collection-service.ts';
import type {FileEntry} from '../transfer-service.ts';
import {Count, Position, Text} from './document-parts.ts';
import {readTime} from './read-task.ts';

const FileType = z.catch(z.string(), 'other');

export const FileList = z.object({
  DATA: z.array(z.object({name: z.string(), type: FileType, size: Count, link_target: Text})),
  total: Position,
});

/** What `stat` answers: a bare file document. */
export const FileDocument = z.object({name: Text, type: FileType, size: Count, link_target: Text});

/** A listing with all that people are shown of a file. Source: Globus Transfer API, "File document". */
export const FileDetailsList = z.object({
  path: Text,
  absolute_path: Text,
  total: Position,
  DATA: z.array(
    z.object({
      name: z.string(),
      type: FileType,
      size: Count,
      last_modified: Text,
      permissions: Text,
      user: Text,
      group: Text,
      link_target: Text,
    }),
  ),
});

export function readFile({name, type, size, link_target}: z.infer<typeof FileList>['DATA'][number]): FileEntry {
  return {name, type: typeOf(type), sizeBytes: size ?? 0, link: link_target ? true : undefined};
}

export function readFileDetails(file: z.infer<typeof FileDetailsList>['DATA'][number]): FileDetails {
  return {
    ...readFile(file),
    link: undefined, // its target says so
    modifiedAt: readTime(file.last_modified),
    permissions: file.permissions || undefined,
    user: file.user || undefined,
    group: file.group || undefined,
    linkTarget: file.link_target || undefined,
  };
}

function typeOf(type: string): FileEntry['type'] {
  return type === 'file' || type === 'dir' ? type : 'other';
}
