/** Is a file that a task moved in, or at, the place a step names? A path below "/~/" may be told by where it lies below the home directory. Pure. */
export function isWithin(file: string, place: string): boolean {
  const home = /^\/~\/?/.exec(place);
  if (!home) return file === place || file.startsWith(place.endsWith('/') ? place : `${place}/`);
  const rest = place.slice(home[0].length);
  return file.startsWith(place) || rest === '' || `${file}/`.includes(`/${rest}`);
}
