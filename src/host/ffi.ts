// node:ffi on Linux, for what the host asks of the C library. It is looked up, not imported: browsers, older Nodes, Bun and
// Deno load this file too.

export type Ffi = typeof import('node:ffi');

/** node:ffi, where it is and where the system is Linux. */
export function linuxFfi(): Ffi | undefined {
  if (process.platform !== 'linux' || process.versions['bun'] !== undefined) return undefined;
  return typeof process.getBuiltinModule === 'function' ? process.getBuiltinModule('node:ffi') : undefined;
}
