/** Usage texts, byte for byte as OpenPBS 23.06 prints them. */
export const USAGE: Readonly<Record<string, string>> = {
  qsub: `usage: qsub [-a date_time] [-A account_string] [-c interval]
	[-C directive_prefix] [-e path] [-f ] [-h ] [-I [-X]] [-j oe|eo] [-J X-Y[:Z]]
	[-k keep] [-l resource_list] [-m mail_options] [-M user_list]
	[-N jobname] [-o path] [-p priority] [-P project] [-q queue] [-r y|n]
	[-R o|e|oe] [-S path] [-u user_list] [-W otherattributes=value...]
	[-v variable_list] [-V ] [-z] [script | -- command [arg1 ...]]
       qsub --version
`,
  qalter: `usage: qalter [-a date_time] [-A account_string] [-c interval] [-e path]
	[-h hold_list] [-j y|n] [-k keep] [-l resource_list]
	[-m mail_options] [-M user_list] [-N jobname] [-o path] [-p priority]
	[-R o|e|oe] [-r y|n] [-S path] [-u user_list] [-W dependency_list]
	[-P project_name] job_identifier...
       qalter --version
`,
  qselect: `usage: qselect [-a [op]date_time] [-A account_string] [-c [op]interval]
	[-h hold_list] [-H] [-J] [-l resource_list] [-N name] [-p [op]priority]
	[-q destination] [-r y|n] [-s states] [-t subopt[op]date_time] [-T] [-P project_name]
	[-x] [-u user_name]
       qselect --version
`,
  qstat: `usage: 
qstat [-f] [-J] [-p] [-t] [-x] [-E] [-F format | -w] [-D delim] [ job_identifier... | destination... ]
qstat [-a|-i|-r|-H|-T] [-J] [-t] [-u user] [-n] [-s] [-G|-M] [-1] [-w]
	[ job_identifier... | destination... ]
qstat -Q [-f] [-F format] [-D delim] [ destination... ]
qstat -q [-G|-M] [ destination... ]
qstat -B [-f] [-F format] [-D delim] [ server_name... ]
qstat --version
`,
  qrls: `usage: qrls [-h hold_list] job_identifier...
       qrls --version
`,
  qhold: `usage: qhold [-h hold_list] job_identifier...
       qhold --version
`,
  qdel: `usage:
	qdel [-W force|suppress_email=X] [-x] job_identifier...
	qdel --version
`,
  qsig: `usage: qsig [-s signal] job_identifier...
       qsig --version
`,
  qrerun: `usage: qrerun [-W force] job_identifier...
       qrerun --version
`,
  qrun: `usage: qrun [-a] [-H vnode_specification ] job_identifier_list
       qrun --version
`,
  qmove: `usage: qmove destination job_identifier...
       qmove --version
`,
  qmsg: `usage: qmsg [-O] [-E] string job_identifier...
       qmsg --version
`,
  qmgr: `usage: qmgr [-a] [-c command] [-e] [-n] [-z] [server...]
       qmgr --version
`,
  tracejob: `USAGE: tracejob [-a|s|l|m|v] [-w size] [-p path] [-n days] [-f filter_type] job_identifier...
`,
  pbsnodes: `usage: pbsnodes [-a | -H node... | -l | node...]
       pbsnodes --version
`,
  // not measured: OpenPBS, src/cmds/pbs_rstat.c
  pbs_rstat: `Usage:
	pbs_rstat [-fFBS] [reservation-id]
	pbs_rstat --version
`,
};
