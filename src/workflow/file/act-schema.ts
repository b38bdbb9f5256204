import * as z from 'zod';
import {text} from './schema-parts.ts';

const PATH = 'needs an absolute path of the cluster';
const path = (title: string, description: string) => text(PATH).meta({title, description});

const paths = (allowed: string, title: string, description: string) =>
  z
    .union([text(allowed), z.array(text(PATH), {error: allowed}).min(1, {error: allowed})], {error: allowed})
    .meta({title, description});

const below = (description: string) =>
  paths('needs a directory, or a list of directories', 'Below', `${description} Never the directory itself.`);

export const linkSchema = z
  .strictObject(
    {
      from: path('From', 'A file, or a directory whose files are linked.'),
      into: paths(
        'needs a directory, or a list of directories',
        'Into',
        'Where the files get a second name. A copy where the file system differs.',
      ),
    },
    {error: 'needs a map with from and into'},
  )
  .meta({title: 'Link', description: 'Give files a second name in other directories of this cluster.'});

export const moveSchema = z
  .strictObject(
    {
      from: path('From', 'A file or directory.'),
      to: path('To', 'Its new name, which must not be there.'),
      below: below('Both must lie below one of these, and are reached from there without links.'),
    },
    {error: 'needs a map with from, to and below'},
  )
  .meta({title: 'Move', description: 'Move a file or directory of this cluster. Nothing is overwritten.'});

export const removeSchema = z
  .strictObject(
    {
      path: paths(
        'needs an absolute path, or a list of these',
        'Path',
        'Files, and directories with all that is in them. A missing path is not an error.',
      ),
      below: below('They must lie below one of these, and are reached from there without links.'),
    },
    {error: 'needs a map with path and below'},
  )
  .meta({title: 'Remove', description: 'Remove files and directories of this cluster.'});
