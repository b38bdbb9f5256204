// Stands for the package "debug" in the bundle: oclif's own debugging output is nothing a user of stage reads.
const silent = Object.assign(() => {}, {enabled: false, extend: () => silent});
export default () => silent;
