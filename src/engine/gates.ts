// Gates: conditions under which a command must not simply run. One AND of a command's mask with those that are closed
// for the session or the whole engine stands for all the checks that are usually not needed; where it is not zero,
// admission.ts looks closer.

/** Closed while the session has not authenticated; every command but the no_auth ones. */
export const GATE_AUTH = 1 << 0;
/** Closed inside MULTI: every command that is queued there. */
export const GATE_MULTI = 1 << 1;
/** Closed for a RESP2 session with subscriptions; every command but those of that mode. */
export const GATE_SUBSCRIBED = 1 << 2;
/** Closed while the data set is loaded. */
export const GATE_LOADING = 1 << 3;
/** Closed on a replica with stale data. */
export const GATE_STALE = 1 << 4;
/** Closed when writes need a look: a replica, a failing disk, too few replicas. */
export const GATE_WRITE = 1 << 5;
/** Closed when memory is above its limit: commands that may use more. */
export const GATE_MEMORY = 1 << 6;
/** Closed while clients are paused for writes: commands that write or may be replicated. */
export const GATE_PAUSED_WRITES = 1 << 7;
/** Closed while all clients are paused: every command, as in Redis, also CLIENT UNPAUSE. */
export const GATE_PAUSED_ALL = 1 << 8;
/** Closed unless DEBUG or MODULE are enabled. */
export const GATE_PROTECTED = 1 << 9;
/** Closed while a script runs too long. */
export const GATE_BUSY = 1 << 10;
/** Closed when the user's permissions are not "everything". */
export const GATE_PERMISSIONS = 1 << 11;

/** Gates that EXEC stops at only where a queued command does. */
export const GATES_OF_QUEUE = GATE_LOADING | GATE_STALE | GATE_WRITE | GATE_MEMORY;
