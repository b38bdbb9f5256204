/** Why things are left alone, in words that several acts share. */
export const CHANGED = 'it is another one than was recorded';
export const TAKEN = 'something else is there already';
export const MISSING = 'it is missing';

/** What link(2) answers where a file cannot have a second name: the file system has none, or the file is another user's. */
export const NO_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'];
