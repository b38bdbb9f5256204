/** @returns what a value has to be, of one that is not so */
export type Judge = (value: string) => string | undefined;

const JOB_NAME = '1 to 230 of the characters A-Z a-z 0-9 _ . + -';

/** PBS takes it for the name of a job: OpenPBS 20 and later; older versions allow more. Source: check_job_name() in ck_job_name.c. */
export function isJobName(text: string): boolean {
  return /^[A-Za-z0-9_.+-]{1,230}$/.test(text);
}

export const jobName: Judge = (value) => (isJobName(value) ? undefined : `a name is ${JOB_NAME}`);

/**
 * `[[[[CC]YY]MM]DD]hhmm[.SS]`. Source: cvtdate() in cvtdate.c: a day that its month does not have is accepted (measured).
 */
export const date: Judge = (value) => {
  const [, digits = '', seconds = '00'] = /^(\d*)(?:\.(\d\d))?$/.exec(value) ?? [];
  const [month, day, hour, minute] = [-8, -6, -4, -2].map((from) =>
    digits.length >= -from ? Number(digits.slice(from, from + 2 || undefined)) : 1,
  ) as [number, number, number, number]; // one for each
  const fits =
    [4, 6, 8, 10, 12].includes(digits.length) &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 31 &&
    hour <= 23 &&
    minute <= 59 &&
    Number(seconds) <= 59;
  return fits ? undefined : 'a time is [[[[CC]YY]MM]DD]hhmm[.SS], such as 202606311830 or 1830';
};

/** Source: verify_value_checkpoint() in ecl_verify_values.c, process_opts() in qsub.c; the server refuses 0 (measured). */
export const checkpoint: Judge = (value) =>
  /^\s*([nscw]|[cw]=0*[1-9]\d*)$/.test(value) ? undefined : 'it is one of n, s, c, w, c=MINUTES and w=MINUTES';

/** Source: verify_value_joinpath() in ecl_verify_values.c. */
export const join: Judge = (value) => (/^(oe|eo|n)$/.test(value) ? undefined : 'it is one of oe, eo and n');

/** Source: verify_keepfiles_common() in ecl_verify_values.c. */
export const keep: Judge = (value) => {
  const fits = /^[oedn]+$/.test(value) && !(/[oe]/.test(value) && /n/.test(value)) && !/^d+$/.test(value);
  return fits ? undefined : 'it is o, e or both, with a d for direct write; or n';
};

/** Source: verify_value_mailpoints() in ecl_verify_values.c; that "j" needs an array is another matter. */
export const mailPoints: Judge = (value) =>
  /^\s*(n|[abej]+)$/.test(value) && !/^\s*j$/.test(value) ? undefined : 'it is n, or some of a, b, e and j';

/** `name[@host],...`. Source: parse_at_list() and parse_at_item() in parse_at.c. */
function atList(value: string, {eachHostOnce = false, absolute = false} = {}): boolean {
  const items = value.split(',').map((item) => item.trim());
  const hosts = items.map((item) => item.split('@')[1] ?? '');
  return (
    items.every((item) => /^[!-~]+$/.test(item) && /^[^#@]+(@[^#@]+)?$/.test(item)) &&
    (!absolute || items.every((item) => item.startsWith('/'))) &&
    (!eachHostOnce || new Set(hosts).size === hosts.length)
  );
}

/** Source: verify_value_mailusers(). */
export const mailUsers: Judge = (value) =>
  atList(value) ? undefined : 'it is a list of USER or USER@HOST with commas between them';

/** Source: verify_value_user_list(). */
export const userList: Judge = (value) =>
  atList(value, {eachHostOnce: true})
    ? undefined
    : 'it is a list of NAME or NAME@HOST with commas between them, one without a host and one for each host at most';

/** Source: verify_value_shellpathlist(). */
export const shells: Judge = (value) =>
  atList(value, {eachHostOnce: true, absolute: true})
    ? undefined
    : 'it is a list of absolute PATH or PATH@HOST with commas between them, one without a host and one for each host at most';

/** A file name: printable ASCII, with a host and a colon before it or not. Source: verify_value_path(), prepare_path(). */
export const outputPath: Judge = (value) => {
  const path = value.trimStart();
  if (path === '') return 'a path is needed';
  if (!/^[\x20-\x7e]+$/.test(path)) return 'a path has printable ASCII characters only';
  return /^[A-Za-z0-9.-]*[:/]|^[^:]*$/.test(path)
    ? undefined
    : 'what stands before a colon is the name of a host, of letters, digits, "." and "-"';
};

/** The host that a path of `-o` or `-e` names; undefined for that of the submission. */
export function hostOfPath(value: string): string | undefined {
  return /^\s*([A-Za-z0-9.-]+):/.exec(value)?.[1];
}

/** Source: verify_value_priority(), verify_datatype_long(). */
export const priority: Judge = (value) =>
  // A sign alone is 0 (measured).
  /^\s*(?:[+-]|[+-]?\d+)$/.test(value) && !(Number(value) < -1024 || Number(value) > 1023)
    ? undefined
    : 'it is a whole number from -1024 to 1023';

/** Source: process_opts() in qsub.c. */
export const yesOrNo: Judge = (value) => (/^[yn]$/.test(value) ? undefined : 'it is y or n');

/** Source: verify_removefiles_common() in ecl_verify_values.c. */
export const removeFiles: Judge = (value) => (/^[oe]+$/.test(value) ? undefined : 'it is o, e or oe');

/** Source: set_project() in the server, by ETLIM_INVALIDCHAR; measured on OpenPBS 23.06. */
export const project: Judge = (value) =>
  /[/[\]";:|<>+,?*]/.test(value)
    ? 'a project has none of the characters / [ ] " ; : | < > + , ? * in its name'
    : undefined;

/** Source: parse_destination_id() in parse_destid.c; a queue's name has 15 characters. */
export const destination: Judge = (value) => {
  const [queue = '', ...server] = value.trimStart().split('@');
  const isName = (text: string) => /^[!-~]*$/.test(text) && !text.includes('#');
  if (queue.includes(',')) return 'it is one queue, and no list';
  const fits =
    isName(queue) && queue.length <= 15 && server.length <= 1 && server.every((name) => name !== '' && isName(name));
  return fits ? undefined : 'it is QUEUE, QUEUE@SERVER or @SERVER; a queue has a name of at most 15 characters';
};

/** Source: chk_Jrange() in chk_Jrange.c; what stands behind "%" is max_run_subjobs, a whole number (process_opts()). */
export const arrayRange: Judge = (value) => {
  const [, first = '', last = '', step] = /^(\d+)-(\d+)(?::(\d+))?(?:%\+?\d+)?$/.exec(value) ?? [];
  const fits = last !== '' && Number(first) < Number(last) && (step === undefined || Number(step) >= 1);
  return fits ? undefined : 'a range is FIRST-LAST[:STEP][%AT_ONCE] with FIRST below LAST';
};

export const anything: Judge = () => undefined;
