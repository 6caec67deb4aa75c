// node:ffi where there is one. It is looked up, not imported: older Nodes, Bun and Deno load this file too.

import { isMainThread } from 'node:worker_threads';

export type Ffi = typeof import('node:ffi');

/** node:ffi, or an Error that says why the native transport can't work here. */
export function loadFfi(): Ffi {
  if (process.platform !== 'linux') throw new Error(`needs Linux, this is ${process.platform}`);
  if (process.arch !== 'x64' && process.arch !== 'arm64')
    throw new Error(`needs x64 or arm64, this is ${process.arch}`);
  if (!isMainThread)
    throw new Error('needs the main thread: a worker aborts over a libuv handle that it does not know');
  const ffi = process.versions['bun'] === undefined ? findFfi() : undefined;
  if (ffi === undefined || typeof ffi.getCurrentEventLoop !== 'function') throw new Error('needs node:ffi (Node 26.6)');
  return ffi;
}

function findFfi(): Ffi | undefined {
  return typeof process.getBuiltinModule === 'function' ? process.getBuiltinModule('node:ffi') : undefined;
}
