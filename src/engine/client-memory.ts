// The memory that clients take: input that waits, output, what they have queued, watch and listen to. It counts as used
// memory, and those that take most of it are disconnected above maxmemory-clients.
//
// Adding it up takes time with many clients, so while a limit depends on it each session is measured again when something
// came from it or waits for it; otherwise all are, now and then.

import { sessionMemory } from './client-list.ts';
import type { Engine } from './engine.ts';
import { type Session, STOPPED_CLOSING } from './session.ts';
import { STAT_EVICTED_CLIENTS } from './statistics.ts';

export class ClientMemory {
  /** Bytes of all clients, when they were last measured. */
  total = 0;
  /** maxmemory-clients in bytes; 0: no limit. */
  private limit = 0;
  /** Whether sessions are to be measured when they change. */
  private measures = false;
  /** What clients that must stay took when that was more than the limit: below it there is nothing to do. */
  private stuckAt = 0;
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Sets maxmemory-clients in bytes (0: no limit), and whether maxmemory is limited, which counts clients too. */
  setLimit(limit: number, countsForMemory: boolean): void {
    this.limit = limit;
    this.measures = limit > 0 || countsForMemory;
    this.stuckAt = 0;
    if (this.measures) this.measureAll();
  }

  /** Measures a session again, if that is asked for: what it takes may be more or less than before. */
  changed(session: Session): void {
    if (!this.measures) return;
    // Who is gone counts no more, though bytes may still be on their way to it.
    const bytes = session.stopped === STOPPED_CLOSING ? 0 : sessionMemory(session);
    this.total += bytes - session.memory;
    session.memory = bytes;
  }

  /** A session is gone. */
  forget(session: Session): void {
    this.total -= session.memory;
    session.memory = 0;
    this.reconsider();
  }

  measureAll(): void {
    this.total = 0;
    for (const session of this.engine.sessions.values()) {
      session.memory = sessionMemory(session);
      this.total += session.memory;
    }
  }

  /** Those that had to stay may have to go now. */
  reconsider(): void {
    this.stuckAt = 0;
  }

  /** Whether clients take more than they may, as far as is known, and it is worth a look. */
  isOver(): boolean {
    return this.limit > 0 && this.total > this.limit && this.total > this.stuckAt;
  }

  /** Disconnects those that take most, until the rest is within the limit. */
  evict(): void {
    this.measureAll();
    if (!this.isOver()) return;
    const { engine } = this;
    const largest = [...engine.sessions.values()].filter((session) => !session.noEvict && !session.mustObey);
    largest.sort((a, b) => b.memory - a.memory);
    for (const session of largest) {
      if (this.total <= this.limit) break;
      engine.events.clientEvicted?.(session);
      engine.statistics.counters[STAT_EVICTED_CLIENTS]! += 1;
      engine.kill(session);
      this.forget(session);
    }
    this.stuckAt = this.total > this.limit ? this.total : 0;
  }
}
