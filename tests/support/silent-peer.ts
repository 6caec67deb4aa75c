// The other end of a session for benches: takes everything, keeps nothing.

import type { Peer } from '../../src/engine/session.ts';

export const SILENT_PEER: Peer = {
  address: () => 'bench',
  localAddress: () => 'bench',
  descriptor: 0,
  pendingOutput: () => 0,
  outputMemory: () => 0,
  outputChunks: () => 0,
  send: () => false,
  push: () => undefined,
  close: () => undefined,
};
