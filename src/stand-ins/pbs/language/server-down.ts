import {OPTIONS, readArguments} from './options.ts';

/** What a command says when there is no server (measured on OpenPBS 23.06). */
export function serverDown(
  command: string,
  argv: readonly string[],
  server: string,
  now: number,
): {stdout: string; stderr: string; exitCode: number} {
  const refused = 'Connection refused\n';
  const cannot = `${refused}${command}: cannot connect to server ${server} (errno=15010)\n`;
  if (command === 'qdel')
    return {stdout: '', stderr: `${refused}Couldn't connect to cluster: ${server}\n`, exitCode: 162};
  if (command === 'qmgr') return {stdout: '', stderr: `${refused}qmgr: cannot connect to server \n`, exitCode: 3};
  // Without the server's name: OpenPBS, src/cmds/pbs_rstat.c.
  if (command === 'pbs_rstat')
    return {stdout: '', stderr: `${refused}pbs_rstat: cannot connect to server (errno=15010)\n`, exitCode: 162};
  if (command === 'qstat') {
    const json = readArguments(argv, OPTIONS.qstat ?? '').options.some(
      ({letter, value}) => letter === 'F' && value === 'json',
    );
    // A whole document without jobs: only the exit code tells that nothing was learnt.
    const empty = `{\n\t"timestamp":\t${Math.floor(now / 1000)},\n\t"pbs_version":\t"23.06.06",\n\t"pbs_server":\t"${server}"\n}\n`;
    return {stdout: json ? empty : '', stderr: cannot, exitCode: 255};
  }
  const perId = ['qrls', 'qhold', 'qalter', 'qsig', 'qrerun'].includes(command);
  const count = perId ? Math.max(1, readArguments(argv, OPTIONS[command] ?? '').operands.length) : 1;
  return {stdout: '', stderr: cannot.repeat(count), exitCode: 162};
}
