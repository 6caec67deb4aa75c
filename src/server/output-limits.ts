// Limits of the output that waits for a client (client-output-buffer-limit), by class of client.

import { GATE_AUTH } from '../engine/gates.ts';
import type { Session } from '../engine/session.ts';
import { UNAUTHENTICATED_OUTPUT_BYTES_MAX } from '../lib/limits.ts';
import type { OutputLimit, OutputLimits } from './config/clients.ts';

/** Clients that are not authenticated get this much at most, whatever is configured (CVE-2025-21605). */
const UNAUTHENTICATED: OutputLimit = { hardBytes: UNAUTHENTICATED_OUTPUT_BYTES_MAX, softBytes: 0, softSeconds: 0 };

/** The class of a client, as CLIENT KILL TYPE and the limits name it. */
export function clientClass(session: Session): 'normal' | 'pubsub' {
  return session.subscriptions !== null ? 'pubsub' : 'normal';
}

export function limitFor(session: Session, limits: OutputLimits): OutputLimit {
  if ((session.gates & GATE_AUTH) !== 0) return UNAUTHENTICATED;
  return limits[clientClass(session)];
}
