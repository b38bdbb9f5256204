// Stands for the package cross-fetch in the bundle: the fetch that Node.js has.
export const fetch = globalThis.fetch;
export default fetch;
