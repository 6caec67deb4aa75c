// Processor time of a server's process, as Linux tells it: what benches compare, since the machine's noise touches it
// least.

import { readFileSync } from 'node:fs';
import { RawConnection } from './redis-server.ts';

/** What stat(5) of /proc counts in. */
const TICKS_PER_SECOND = 100;

/** The process behind a port. */
export async function processId(port: number): Promise<number> {
  const connection = await RawConnection.open(port);
  connection.write('INFO server\r\n');
  const text = await connection.read((answer) => answer.includes('executable:'));
  connection.close();
  return Number(/process_id:(\d+)/.exec(text)?.[1]);
}

/** Seconds of processor time that a process has used. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
