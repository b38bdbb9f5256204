import type * as z from 'zod/mini';
import type {SkippedFile} from '../transfer-service.ts';
import type {SkippedDocument} from './schemas.ts';

/** A file that a task passed over. Pure. Source: Globus Transfer API, "Skipped errors". */
export function readSkipped(document: z.infer<typeof SkippedDocument>): SkippedFile {
  return {
    ...(document.source_path ? {from: document.source_path} : {}),
    ...(document.destination_path ? {to: document.destination_path} : {}),
    isDirectory: document.is_directory ?? false,
    code: document.error_code ?? 'UNKNOWN',
    details: (document.error_details ?? '').replace(/\s+/g, ' ').trim(),
  };
}
