// Stands for the package "cli-spinners" in the bundle: stage shows no spinner of oclif's, and 26 kB of frames cost every start.
export default {dots2: {interval: 80, frames: ['.']}, line: {interval: 80, frames: ['-']}};
