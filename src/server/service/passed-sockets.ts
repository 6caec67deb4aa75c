// Listening sockets that whoever started the server has opened already and passes on, as systemd's socket units do
// (sd_listen_fds): descriptors from 3 on, LISTEN_FDS of them, meant for the process LISTEN_PID, with LISTEN_FDNAMES.
//
// They outlive the server: who connects while it is started anew waits in the backlog, and is refused never.

export interface PassedSocket {
  readonly descriptor: number;
  /** FileDescriptorName= of the socket unit; by default the unit's own name. */
  readonly name: string;
}

const FIRST_DESCRIPTOR = 3;
/** More than any configuration can name, twice. */
const SOCKETS_MAX = 64;
const VARIABLES = ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'] as const;

/** The sockets passed to the process; takes the variables out of the environment, as they are for nobody else. */
export function takePassedSockets(
  environment: Record<string, string | undefined>,
  processId: number,
): readonly PassedSocket[] {
  const [count, pid, names] = VARIABLES.map((variable) => environment[variable] ?? '');
  for (const variable of VARIABLES) delete environment[variable];
  if (pid !== String(processId) || !/^\d{1,4}$/.test(count!)) return [];
  const listed = names!.split(':');
  return Array.from({ length: Math.min(Number(count), SOCKETS_MAX) }, (_, index) => ({
    descriptor: FIRST_DESCRIPTOR + index,
    name: listed[index] ?? '',
  }));
}
