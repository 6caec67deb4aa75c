// The command logs: what was remarkable about single commands, the newest first. One keeps the slow ones, one those with
// large requests, one those with large replies (Valkey's COMMANDLOG; SLOWLOG shows the first).
//
// An entry owns its bytes. Long arguments are cut, many of them too, and secrets are not kept at all.

import { fromLatin1 } from '../lib/bytes.ts';
import type { Call } from './call.ts';

/** About what an entry takes beside its arguments' bytes, and what each of these. */
const ENTRY_BYTES = 160;
const ARGUMENT_BYTES = 96;

const REDACTED = fromLatin1('(redacted)');

export interface LogEntry {
  readonly id: number;
  /** Seconds since 1970. */
  readonly at: number;
  /** Microseconds, or bytes of the request or the reply. */
  readonly amount: number;
  readonly args: readonly Uint8Array[];
  readonly address: string;
  /** The client's name, in latin1. */
  readonly name: string;
}

export class CommandLog {
  /** Commands of at least this amount enter; -1: none. */
  threshold: number;
  /** How many entries are kept; where that shrinks, those above stay until the next one enters, as in Redis. */
  lengthMax: number;
  /** The oldest first; those before `first` are gone. */
  private entries: (LogEntry | null)[] = [];
  private first = 0;
  private nextId = 0;
  /** Memory that the entries take. */
  bytes = 0;

  constructor(threshold: number, lengthMax: number) {
    this.threshold = threshold;
    this.lengthMax = lengthMax;
  }

  /** Whether anything can enter. */
  isOn(): boolean {
    return this.threshold >= 0 && this.lengthMax > 0;
  }

  takes(amount: number): boolean {
    return this.isOn() && amount >= this.threshold;
  }

  add(call: Call, amount: number, at: number, args: readonly Uint8Array[]): void {
    const { session } = call;
    this.entries.push({ id: this.nextId++, at, amount, args, address: session.peer.address(), name: session.name });
    this.bytes += bytesOf(args);
    while (this.length() > this.lengthMax) {
      this.bytes -= bytesOf(this.entries[this.first]!.args);
      this.entries[this.first++] = null;
    }
    if (this.first > this.lengthMax) {
      this.entries = this.entries.slice(this.first);
      this.first = 0;
    }
  }

  length(): number {
    return this.entries.length - this.first;
  }

  /** The newest `count` entries, the newest first. */
  newest(count: number): LogEntry[] {
    const from = Math.max(this.first, this.entries.length - count);
    return (this.entries.slice(from) as LogEntry[]).reverse();
  }

  /** Id of the entry added last, -1 before the first. */
  lastId(): number {
    return this.nextId - 1;
  }

  reset(): void {
    this.entries = [];
    this.first = 0;
    this.bytes = 0;
  }
}

function bytesOf(args: readonly Uint8Array[]): number {
  return args.reduce((sum, arg) => sum + arg.length + ARGUMENT_BYTES, ENTRY_BYTES);
}

/** A call's arguments as an entry keeps them: at most `countMax` of at most `bytesMax` bytes, and none that is a secret. */
export function keptArguments(call: Call, countMax: number, bytesMax: number): Uint8Array[] {
  const { isSecret } = call.engine.table.definitions[call.command]!;
  const whole = call.count <= countMax ? call.count : countMax - 1;
  const args: Uint8Array[] = [];
  for (let index = 0; index < whole; index++) {
    args.push(isSecret?.(call, index) === true ? REDACTED : keptArgument(call, index, bytesMax));
  }
  if (whole < call.count) args.push(fromLatin1(`... (${call.count - whole} more arguments)`));
  return args;
}

function keptArgument(call: Call, index: number, bytesMax: number): Uint8Array {
  const length = call.length(index);
  if (length <= bytesMax) return call.copy(index);
  const start = call.starts[index]!;
  const note = fromLatin1(`... (${length - bytesMax} more bytes)`);
  const kept = new Uint8Array(bytesMax + note.length);
  kept.set(call.bytes.subarray(start, start + bytesMax));
  kept.set(note, bytesMax);
  return kept;
}
