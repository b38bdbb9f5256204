/** What other batch systems call it, and what to write for PBS. Pure. */

/** Options of other versions of qsub, by their letter; "-" for those of whole words. */
export const FOREIGN_OPTIONS: Readonly<Record<string, string>> = {
  t: 'Torque and SGE make arrays by it: write array: into the step of the workflow',
  d: 'Torque names the working directory by it: a job of PBS starts in the home directory, so write cd DIRECTORY into the script',
  w: 'Torque names the working directory by it: a job of PBS starts in the home directory, so write cd DIRECTORY into the script',
  D: 'Torque names the root directory by it: PBS has nothing like it',
  F: 'Torque hands arguments to the script by it: write env: into the step of the workflow, and use the variables',
  T: 'Torque names a prologue by it, and NQSV the kind of MPI: PBS has neither; call them in the script',
  b: 'NQSV says the number of nodes by it: write -l select=NODES:ncpus=CPUS',
  n: 'Torque asks for whole nodes by it: write -l place=excl beside a select',
  L: 'Torque asks for tasks by it: write -l select=TASKS:ncpus=CPUS',
  g: 'PJM names a group by it: write -W group_list=GROUP, or -P PROJECT',
  '-': 'options of qsub have one letter; a group of NQSV (--group=NAME) is -W group_list=NAME, or -P NAME',
};

const CPUS = 'write -l select=1:ncpus=CPUS';
/** Resources of other batch systems. */
export const FOREIGN_RESOURCES: Readonly<Record<string, string>> = {
  procs: 'Torque’s: write -l select=PROCS:ncpus=1',
  ppn: 'Torque’s: write -l select=NODES:ncpus=PPN',
  gpus: 'Torque’s: write -l select=1:ngpus=GPUS, if the site calls it ngpus',
  naccesspolicy: 'Torque’s: write -l place=excl beside a select',
  cpunum_job: `NQSV’s: ${CPUS}`,
  cpunum_lhost: `NQSV’s: ${CPUS}`,
  gpunum_job: 'NQSV’s: write -l select=1:ngpus=GPUS, if the site calls it ngpus',
  memsz_job: 'NQSV’s: write -l select=1:mem=MEMORY',
  elapstim_req: 'NQSV’s: write -l walltime=HH:MM:SS',
  h_rt: 'SGE’s: write -l walltime=HH:MM:SS',
  s_rt: 'SGE’s: write -l walltime=HH:MM:SS',
  h_vmem: 'SGE’s: write -l select=1:mem=MEMORY',
  mem_free: 'SGE’s: write -l select=1:mem=MEMORY',
  time: 'write -l walltime=HH:MM:SS',
  mem_per_cpu: 'Slurm’s: write -l select=1:ncpus=CPUS:mem=MEMORY',
};

const PREFIXES: readonly (readonly [pattern: RegExp, whose: string])[] = [
  [/^\s*#SBATCH\b/, '#SBATCH is Slurm’s'],
  [/^\s*#BSUB\b/, '#BSUB is LSF’s'],
  [/^\s*#@\$?\s*-/, '#@ is that of NQS and LoadLeveler'],
  [/^\s*#\$\s*-/, '#$ is SGE’s'],
  [/^\s*#PJM\b/, '#PJM is Fujitsu’s'],
  [/^\s*#COBALT\b/, '#COBALT is Cobalt’s'],
];
const NOT_QUITE = /^\s*#\s*pbs\s+-[A-Za-z]/i;

/** Lines of a script that look like directives, and are comments to PBS. */
export function lookAlikes(script: string, endsAt: number): {readonly line: number; readonly what: string}[] {
  const lines = script.split('\n').slice(0, endsAt - 1);
  const anyOfPbs = lines.some((text) => /^\s*#PBS/.test(text));
  return lines.flatMap((text, index) => {
    const line = index + 1;
    if (!/^\s*#PBS/.test(text) && NOT_QUITE.test(text))
      return [
        {line, what: 'this is a comment to PBS: a directive begins with "#PBS", in capitals and without a blank'},
      ];
    const foreign = anyOfPbs ? undefined : PREFIXES.find(([pattern]) => pattern.test(text))?.[1];
    return foreign === undefined
      ? []
      : [{line, what: `${foreign}, and a comment to PBS: write "#PBS" and options of qsub`}];
  });
}

/** Directives that stand behind the first command; not looked for in scripts that write others by here-documents. */
export function tooLate(script: string, endsAt: number): {readonly line: number; readonly what: string}[] {
  const lines = script.split('\n');
  const found = lines.flatMap((text, index) => (index >= endsAt && /^#PBS\s+-[A-Za-z]/.test(text) ? [index + 1] : []));
  const [line] = found;
  if (line === undefined || lines.slice(0, line).some((text) => text.includes('<<'))) return [];
  return [
    {line, what: `PBS does not read this: directives stand before the first command, which is in line ${endsAt}`},
  ];
}
