/** Steps that no stand-in can answer, and why. The first reason that fits counts. */
const REASONS = [
  [/^$/, 'only notes'],
  [/bin\/qstat(20|23)\b/, 'older qstat'],
  [/\bhook\b|HOOKFILE|-A hook/, 'hooks'],
  [/ls -la \/var\/tmp/, 'files of that machine'],
  [/server_logs|mom_logs|sched_logs|\btracejob\b/, "texts of the server's logs"],
  [/server_priv/, 'accounting files'],
  [/\/etc\/pbs\.conf|PBS_CONF_FILE|\/opt\/pbs\/(libexec|sbin)|\bqterm\b|SERVERPID|\bps\b|pbs_init/, 'server processes'],
  [/\/var\/spool\/pbs/, 'spool directories'],
  [/TIMEFORMAT|\btime qstat/, 'measurements of time'],
  [/PATH=\/usr\/bin:\/bin qsub/, 'command not on PATH'],
];

/** Steps whose outcome rests on steps that are skipped: the server is down, or gone. */
const DEPENDS_ON_SKIPPED = {
  '23-server-down-and-restart': (at) => (at >= 9 && at <= 25) || at === 36 || at === 37 || (at >= 28 && at <= 41),
  '23b-frozen-server': (at) => at > 0,
  '22-limits-queues-hooks': (at) => at === 126,
};

/** One qdel of live and unknown ids ends the real server of this build; the stand-in lives on. */
const CRASHES = (step) => /^qstat( -B)?$/.test(step.cmd);

export function reasonToSkip(step, name, at) {
  for (const [pattern, reason] of REASONS) if (pattern.test(step.cmd)) return reason;
  if (name.startsWith('15b') && CRASHES(step)) return 'the real server had crashed';
  if (name.startsWith('15b') && step.rc === 0 && /^qdel .* 77777$/.test(step.cmd)) return 'the real server had crashed';
  if (name.startsWith('12b') && at >= 30) return 'rests on hundreds of jobs that were not recorded';
  if (name.startsWith('25')) return 'measurements of time';
  if (process.getuid?.() === 0 && /^(qsub unread.sh|qstat .* 20097.pbs-sn1 .*Stageout)/.test(step.cmd))
    return 'root may read and write every file';
  if (DEPENDS_ON_SKIPPED[name]?.(at)) return 'server stopped by a skipped step';
  return undefined;
}
