/**
 * What people may call runs, single jobs and profiles, and collections in the configuration: 1 to 63 letters, digits, `_`
 * and `-`, first a letter or digit. Runs, jobs and profiles have files and directories of their names, where a dot or a `~`
 * before a number is ours.
 */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
