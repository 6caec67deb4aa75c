// Watching commands: whether one was slow, its request large, its reply large; and what is kept of those that were.
//
// The engine asks this only at the end of a run of commands (timer.ts). Runs of short commands end when another command
// follows, and their calls share the time. That would hide one that is slow among many, so each command is timed alone
// (`sharing` is 0, `runMax` 1) where something is asked for that a short command may well take: less than a millisecond, or
// sizes below those that a batch or a reply reaches seldom. Above these bounds what makes a short command long is its size:
// batches beyond BATCH_BYTES_MAX are timed command by command in any case, and a long reply ends its run. A run that ends
// because another command follows has no arguments any more: nothing of it is kept.
//
// The latency monitor wants no arguments, and no less than a millisecond: it is told of runs, which it keeps short.

import type { Clock } from '../world/clock.ts';
import type { Call } from './call.ts';
import { CommandLog, keptArguments } from './command-log.ts';
import { FLAG_FAST, FLAG_SHORT } from './command-table.ts';
import type { HotKeys } from './hot-keys.ts';
import { LatencyMonitor } from './latency-monitor.ts';
import type { EngineTimer } from './timer.ts';

/** Commands of a batch above this are timed alone: a longer one may hold a short command with very many arguments. */
export const BATCH_BYTES_MAX = 384 * 1024;
/** A reply above this ends its run. */
export const LONG_REPLY_BYTES = 256 * 1024;
/** The most commands of a run while the latency monitor is on: all together take a few microseconds. With
 *  each timed alone a pipeline of GET took 60 % longer in engine.bench.ts; so it takes 5 %. */
const MONITORED_RUN_MAX = 16;
/** Thresholds below this are not left to a run's average. */
const SHARED_MICROSECONDS_MIN = 1000;
/** What a request has more than the bytes from its first argument to its last. */
const REQUEST_HEAD_BYTES_MAX = 64;

/** Told of a command that took longer than the watchdog allows. */
export type WatchdogListener = (call: Call, milliseconds: number) => void;

export class CommandWatch {
  readonly slow = new CommandLog(10_000, 128);
  readonly largeRequests = new CommandLog(1024 * 1024, 128);
  readonly largeReplies = new CommandLog(1024 * 1024, 128);
  readonly monitor: LatencyMonitor;
  /** slowlog-entry-max-argc, slowlog-entry-max-string-len. */
  argumentsMax = 32;
  argumentBytesMax = 128;
  /** Who looks for hot keys, or has; null when nobody has. */
  hotKeys: HotKeys | null = null;
  /** watchdog-period in milliseconds, 0 without; and who is told. */
  watchdogMs = 0;
  onHang: WatchdogListener | null = null;
  /** Flags of commands whose runs are timed as a whole, whatever their length: FLAG_SHORT, or none. */
  sharing = FLAG_SHORT;
  /** The most commands of a run, where these are none. */
  runMax = 1;
  /** From what on `look` is to be called: milliseconds of a command, bytes between the ends of its arguments, bytes of its
   *  reply. */
  milliseconds = 0;
  requestBytes = 0;
  replyBytes = 0;
  private readonly clock: Clock;
  private readonly timer: EngineTimer;

  constructor(clock: Clock, timer: EngineTimer, flags: Int32Array) {
    this.clock = clock;
    this.timer = timer;
    this.monitor = new LatencyMonitor(clock);
    timer.onSpike = (command, milliseconds) =>
      this.monitor.note((flags[command]! & FLAG_FAST) !== 0 ? 'fast-command' : 'command', milliseconds);
    this.refresh();
  }

  /** Works out what is to be looked at, after a threshold changed. */
  refresh(): void {
    const { slow, largeRequests, largeReplies, monitor } = this;
    const none = Number.POSITIVE_INFINITY;
    const slowMs = slow.isOn() ? slow.threshold / 1000 : none;
    this.milliseconds = Math.min(slowMs, this.watchdogMs || none);
    this.timer.spikeMs = monitor.threshold || none;
    this.requestBytes = largeRequests.isOn() ? largeRequests.threshold - REQUEST_HEAD_BYTES_MAX : none;
    this.replyBytes = largeReplies.isOn() ? largeReplies.threshold : none;
    const isShared =
      slowMs * 1000 >= SHARED_MICROSECONDS_MIN &&
      this.requestBytes >= BATCH_BYTES_MAX &&
      this.replyBytes >= LONG_REPLY_BYTES;
    this.sharing = isShared && monitor.threshold === 0 ? FLAG_SHORT : 0;
    this.runMax = isShared ? MONITORED_RUN_MAX : 1;
    if (this.hotKeys?.isActive() !== true) return;
    // Every command counts, with what it alone took.
    this.milliseconds = 0;
    this.sharing = 0;
    this.runMax = 1;
  }

  /** Memory that the logs take. */
  keptBytes(): number {
    return this.slow.bytes + this.largeRequests.bytes + this.largeReplies.bytes;
  }

  /** Looks at a command that ran, its arguments still in place: `milliseconds` is what it took. */
  look(call: Call, milliseconds: number, replyBytes: number): void {
    // A client that waits is looked at when it is served.
    if (call.session.blocked !== null && !call.retried) return;
    if (call.retried) this.monitor.note('command-unblocking', milliseconds);
    if (this.hotKeys !== null) this.countHotKeys(this.hotKeys, call, milliseconds, replyBytes);
    if (this.watchdogMs > 0 && milliseconds >= this.watchdogMs) this.onHang?.(call, milliseconds);
    if (call.engine.table.definitions[call.command]!.flags?.includes('skip_slowlog') === true) return;
    const microseconds = Math.floor(milliseconds * 1000);
    const request = this.largeRequests.isOn() ? requestBytes(call) : 0;
    const isSlow = this.slow.takes(microseconds);
    const isLargeRequest = this.largeRequests.takes(request);
    const isLargeReply = this.largeReplies.takes(replyBytes);
    if (!isSlow && !isLargeRequest && !isLargeReply) return;
    const at = Math.floor(this.clock.now() / 1000);
    const args = keptArguments(call, this.argumentsMax, this.argumentBytesMax);
    if (isSlow) this.slow.add(call, microseconds, at, args);
    if (isLargeRequest) this.largeRequests.add(call, request, at, args);
    if (isLargeReply) this.largeReplies.add(call, replyBytes, at, args);
  }

  private countHotKeys(hotKeys: HotKeys, call: Call, milliseconds: number, replyBytes: number): void {
    if (hotKeys.isActive()) hotKeys.record(call, milliseconds * 1000, requestBytes(call) + replyBytes);
    else if (this.runMax === 1) this.refresh();
  }
}

/** Bytes of a request as RESP. */
export function requestBytes(call: Call): number {
  let bytes = 3 + String(call.count).length;
  for (let index = 0; index < call.count; index++) {
    const length = call.length(index);
    bytes += length + String(length).length + 5;
  }
  return bytes;
}
