// What enable-debug-command, enable-module-command and enable-protected-configs allow: nothing, everything, or what comes
// from this machine.

import type { Session } from '../engine/session.ts';
import { Connection } from './connection.ts';

export type Permission = 'no' | 'yes' | 'local';

export function isPermitted(permission: Permission, session: Session): boolean {
  if (permission !== 'local') return permission === 'yes';
  return session.peer instanceof Connection && session.peer.link.remoteIsLocal;
}
