// What ACL LOG shows: who was refused what. Refusals that are the same but for their time are one entry with a count, so
// that a client that tries again and again does not push the others out.

/** Why: a wrong password, or what the user may not do. */
export type DenialReason = 'auth' | 'command' | 'key' | 'channel';
export type DenialContext = 'toplevel' | 'multi' | 'lua' | 'module';

export interface Denial {
  readonly reason: DenialReason;
  readonly context: DenialContext;
  /** The command, key or channel; latin1. */
  readonly object: string;
  readonly username: string;
}

export interface AclLogEntry extends Denial {
  readonly id: number;
  count: number;
  /** The line of CLIENT INFO, of the last time. */
  client: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  updatedAt: number;
}

/** A refusal joins an entry that is among so many newest ones, and not older than this. */
const JOINED_ENTRIES = 10;
const JOINED_MS = 60_000;

/** Of a name or a key so many bytes are kept: whoever may only fail must not fill the memory. */
const TEXT_BYTES_MAX = 16 * 1024;

export class AclLog {
  /** acllog-max-len. Holds from the next refusal on. */
  entriesMax = 128;
  /** The newest first. */
  entries: readonly AclLogEntry[] = [];
  private nextId = 0;

  add(denial: Denial, client: string, now: number): void {
    const object = denial.object.slice(0, TEXT_BYTES_MAX);
    const username = denial.username.slice(0, TEXT_BYTES_MAX);
    const joined = this.entries
      .slice(0, JOINED_ENTRIES)
      .find(
        (entry) =>
          entry.reason === denial.reason &&
          entry.context === denial.context &&
          entry.object === object &&
          entry.username === username &&
          now - entry.updatedAt <= JOINED_MS,
      );
    if (joined !== undefined) {
      joined.count++;
      joined.client = client;
      joined.updatedAt = now;
      this.entries = [joined, ...this.entries.filter((entry) => entry !== joined)];
      return;
    }
    const entry = { ...denial, object, username, id: this.nextId++, count: 1, client, createdAt: now, updatedAt: now };
    this.entries = [entry, ...this.entries].slice(0, this.entriesMax);
  }

  clear(): void {
    this.entries = [];
  }
}
