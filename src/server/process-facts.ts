// What the operating system says of the process and its machine.

import { arch, release, type as systemType, totalmem } from 'node:os';

/** "Linux 6.1.0 x86_64", as uname names it. */
export function systemName(): string {
  const machine = arch() === 'x64' ? 'x86_64' : arch() === 'arm64' ? 'aarch64' : arch();
  return `${systemType()} ${release()} ${machine}`;
}

export function residentBytes(): number {
  return process.memoryUsage.rss();
}

export function machineBytes(): number {
  return totalmem();
}

export interface CpuUse {
  /** Microseconds. */
  readonly system: number;
  readonly user: number;
}

export function cpuUse(): CpuUse {
  const { system, user } = process.cpuUsage();
  return { system, user };
}

/** The main thread's share; the whole process's where Node cannot tell (before 23.9). */
export function mainThreadCpuUse(): CpuUse {
  return process.threadCpuUsage?.() ?? process.cpuUsage();
}
