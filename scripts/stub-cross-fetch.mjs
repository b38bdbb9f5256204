// Stands for cross-fetch in the bundle: stage hands the Globus SDK a fetch of its own at every call.
export default function noFetch() {
  throw new Error('the Globus SDK was called without the fetch of stage');
}
export {noFetch as fetch};
