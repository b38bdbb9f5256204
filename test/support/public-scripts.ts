/** Batch scripts in the manner of those that sites and models publish; the words are our own. */
export const PUBLIC_SCRIPTS: Readonly<Record<string, string>> = {
  'mpi-classic': `#!/bin/bash
#PBS -N mpi-classic
#PBS -l select=1:ncpus=2:mpiprocs=2
#PBS -l walltime=01:00:00
#PBS -j oe
cd $PBS_O_WORKDIR
mpirun -np $(wc -l < $PBS_NODEFILE) ./model
`,
  'mpi-hybrid': `#!/bin/bash -l
#PBS -l select=1:ncpus=2:mpiprocs=1:ompthreads=2
#PBS -l place=scatter
#PBS -l walltime=02:30:00
export OMP_NUM_THREADS=2
mpiexec --ppn 1 ./hybrid.exe
`,
  'two-chunks': `#!/bin/bash
#PBS -l select=1:ncpus=1:mem=100mb+1:ncpus=1
#PBS -l walltime=30:00
./driver
`,
  'torque-nodes': `#!/bin/sh
#PBS -l nodes=1:ppn=2
#PBS -l walltime=00:10:00
#PBS -V
hostname
`,
  'plain-ncpus': `#!/bin/bash
#PBS -l ncpus=2
#PBS -l mem=200mb
#PBS -l walltime=3600
date
`,
  'one-line-of-all': `#!/bin/bash
#PBS -N all-in-one -A climate -l select=1:ncpus=1,walltime=00:20:00 -j oe -m n
true
`,
  'nci-style': `#!/bin/bash
#PBS -P w85
#PBS -l walltime=02:00:00
#PBS -l mem=1GB
#PBS -l ncpus=1
#PBS -r y
module load python3
python3 run.py
`,
  'ncar-style': `#!/bin/tcsh
#PBS -N cesm
#PBS -A UCLB0001
#PBS -l walltime=00:59:00
#PBS -j oe
#PBS -k eod
#PBS -m abe
#PBS -M me@host.example
#PBS -S /bin/tcsh
#PBS -l select=1:ncpus=2:mpiprocs=2
setenv TMPDIR /tmp
./cesm.exe
`,
  'live-output': `#!/bin/bash
#PBS -N live
#PBS -k oed
#PBS -o live.out
#PBS -e live.err
for i in 1 2 3; do echo $i; done
`,
  'output-directory': `#!/bin/bash
#PBS -o /tmp/
#PBS -e /tmp/
echo done
`,
  'array-body': `#!/bin/bash
#PBS -N sweep
#PBS -l walltime=00:05:00
INPUT=input.\${PBS_ARRAY_INDEX:-0}
echo $INPUT
`,
  'here-document': `#!/bin/bash
#PBS -N heredoc
cat > namelist <<EOF
&run
  #PBS -q nowhere
  days = 5
/
EOF
./a.out < namelist
`,
  successor: `#!/bin/bash
#PBS -N chain
#PBS -l walltime=00:30:00
./step
if [ $? -eq 0 ] && [ "\${COUNT:-0}" -lt 5 ]; then
  qsub -v COUNT=$((COUNT + 1)) $0
fi
`,
  'successor-depends': `#!/bin/bash
#PBS -N forecast
cat > post.sh <<'EOF'
#!/bin/bash
#PBS -N post
echo post
EOF
qsub -W depend=afterok:$PBS_JOBID post.sh
`,
  'copies-itself': `#!/bin/bash
#PBS -N archived
cp "$0" job-script.$PBS_JOBID
./run
`,
  csh: `#!/bin/csh -f
#PBS -N cshjob
#PBS -l walltime=0:15:00
set echo
limit stacksize unlimited
if ( $?PBS_O_WORKDIR ) cd $PBS_O_WORKDIR
`,
  ksh: `#!/bin/ksh
#PBS -N kshjob
typeset -i n=3
print $n
`,
  python: `#!/usr/bin/env python3
#PBS -N pyjob
#PBS -l select=1:ncpus=1
import os
print(os.environ["PBS_JOBID"])
`,
  perl: `#!/usr/bin/perl
#PBS -N perljob
#PBS -l walltime=00:05:00
use strict;
print "hello\\n";
`,
  'no-shebang': `#PBS -N bare
echo "no interpreter named"
`,
  'shell-by-S': `#PBS -S /bin/bash
#PBS -N by-s
declare -A a; a[x]=1; echo \${a[x]}
`,
  'comment-block': `#!/bin/bash
###############################################
# Template of the centre.
###############################################

## job name
#PBS -N template

## one node
#PBS -l select=1:ncpus=1

echo start
`,
  'blank-lines-between': `#!/bin/bash

#PBS -N blanks


#PBS -l walltime=00:01:00

:
echo
`,
  'switched-off': `#!/bin/bash
##PBS -q debug
# #PBS -l walltime=99:00:00
#PBS -N off
echo
`,
  indented: `#!/bin/bash
  #PBS -N indented
\t#PBS -l walltime=00:02:00
echo
`,
  continued: `#!/bin/bash
#PBS -N continued \\
  -l walltime=00:03:00 \\
  -j oe
echo
`,
  glued: `#!/bin/bash
#PBS -Nglued -lwalltime=00:04:00 -joe -Aclimate
echo
`,
  'late-directive': `#!/bin/bash
#PBS -N late
echo first
#PBS -l walltime=99:00:00
`,
  'quoted-path': `#!/bin/bash
#PBS -N quoted
#PBS -o "my out.txt"
#PBS -e 'my err.txt'
echo
`,
  variables: `#!/bin/bash
#PBS -N vars
#PBS -v YEAR=1990,MODEL=echam6,EMPTY=
echo $YEAR $MODEL
`,
  'variables-quoted': `#!/bin/bash
#PBS -N varsq
#PBS -v "A=1, B=two words"
echo $A $B
`,
  'mail-list': `#!/bin/bash
#PBS -N mails
#PBS -m ae
#PBS -M a@host.example,b@host.example
echo
`,
  'priority-and-project': `#!/bin/bash
#PBS -N prio
#PBS -p -5
#PBS -P fusion
#PBS -W umask=022
echo
`,
  'starts-later': `#!/bin/bash
#PBS -N later
#PBS -a 203512312359.30
echo
`,
  'not-rerunnable': `#!/bin/bash
#PBS -N once
#PBS -r n
#PBS -c n
touch started
`,
  sandboxed: `#!/bin/bash
#PBS -N box
#PBS -W sandbox=PRIVATE
pwd
`,
  'removes-output': `#!/bin/bash
#PBS -N quiet
#PBS -R oe
echo
`,
  'slurm-as-well': `#!/bin/bash
#SBATCH --time=01:00:00
#PBS -N both
#PBS -l walltime=01:00:00
echo
`,
  'gnu-parallel': `#!/bin/bash
#PBS -N farm
#PBS -l select=1:ncpus=4
#PBS -l walltime=04:00:00
#PBS -l place=pack:shared
parallel -j 4 ./work {} ::: $(seq 1 10)
`,
  traps: `#!/bin/bash
#PBS -N traps
#PBS -l walltime=00:10:00
trap 'touch ended' EXIT TERM
./run & wait
`,
  'restart-loop': `#!/bin/bash
#PBS -N restart
#PBS -l select=1:ncpus=1
#PBS -l walltime=00:10:00
#PBS -W run_count=1
while read -r date; do ./model "$date"; done < dates.txt
`,
  octave: `#!/usr/bin/env -S octave --quiet
#PBS -N oct
disp(1)
`,
};
