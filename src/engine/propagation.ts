// The propagation stream: what the append-only file and replicas are told of changes, as RESP commands.
//
// Commands are written as they take effect; one unit ends when the outermost command (or EXEC, script, served blocked
// client) has run. A unit of several commands is wrapped in MULTI and EXEC, so that it is applied whole. Without a sink
// nothing is written and `active` is false: commands ask it first.
//
// Most units are one request, told as it came, and in a pipeline they stand one behind the other: such a row is not written
// again, but handed to the sinks as it is when something else follows, and at the latest when the input may be overwritten.

import { fromLatin1 } from '../lib/bytes.ts';
import { Reply } from '../protocol/reply.ts';

/** Takes the stream: the AOF, the replication backlog, a test. */
export interface PropagationSink {
  /**
   * One command, or several that are units of their own, bytes[start..end), valid until return, to be applied to database
   * `database`; -1 for MULTI and EXEC, which belong to none. The sink writes SELECT where its own stream needs it.
   */
  command(database: number, bytes: Uint8Array, start: number, end: number): void;
}

/** Commands of a unit for which there is room from the start, and for which it is kept. */
const COMMANDS_FIRST = 16;
const COMMANDS_KEPT = 4096;

const NO_BYTES = new Uint8Array(0);
const MULTI = fromLatin1('*1\r\n$5\r\nMULTI\r\n');
const EXEC = fromLatin1('*1\r\n$4\r\nEXEC\r\n');

export class Propagation {
  /** Whether anybody listens. */
  active = false;
  /** Commands of the present unit. */
  count = 0;
  private readonly sinks: PropagationSink[] = [];
  private readonly writer = new Reply();
  /** Database and end offset of each command of the unit. Of integers: emptying arrays of JavaScript's own took a tenth
   *  of a SET, and an offset that comes as a double is a new object in each sink. A unit is below REPLY_BYTES_MAX. */
  private databases = new Int32Array(COMMANDS_FIRST);
  private ends = new Int32Array(COMMANDS_FIRST);
  /** A row of requests that no sink has yet: row[rowStart..rowEnd), for one database; rowEnd is -1 when there is none. */
  private row: Uint8Array = NO_BYTES;
  private rowStart = 0;
  private rowEnd = -1;
  private rowDatabase = 0;

  attach(sink: PropagationSink): void {
    this.endRow();
    this.sinks.push(sink);
    this.active = true;
  }

  detach(sink: PropagationSink): void {
    this.endRow();
    const index = this.sinks.indexOf(sink);
    if (index >= 0) this.sinks.splice(index, 1);
    this.active = this.sinks.length > 0;
  }

  /** Begins a command of `count` arguments for a database; that many of the calls below must follow. */
  begin(database: number, count: number): this {
    this.endRow();
    this.close();
    if (this.count === this.databases.length) this.grow();
    this.databases[this.count++] = database;
    this.writer.array(count);
    return this;
  }

  /** A command as it came: argument i is bytes[starts[i]..ends[i]). */
  command(database: number, bytes: Uint8Array, starts: Int32Array, ends: Int32Array, count: number): void {
    this.begin(database, count);
    for (let index = 0; index < count; index++) this.writer.bulk(bytes, starts[index]!, ends[index]!);
  }

  /** A request as it came, bytes[start..end), that is a unit of its own. The bytes stay what they are until `endRow`. */
  request(database: number, bytes: Uint8Array, start: number, end: number): void {
    if (start === this.rowEnd && bytes === this.row && database === this.rowDatabase) {
      this.rowEnd = end;
      return;
    }
    this.endRow();
    this.row = bytes;
    this.rowStart = start;
    this.rowEnd = end;
    this.rowDatabase = database;
  }

  /** Whether there are requests that no sink has yet. */
  hasRow(): boolean {
    return this.rowEnd >= 0;
  }

  /** Hands the requests on: before anything reads what was propagated, or the bytes change. */
  endRow(): void {
    if (this.rowEnd < 0) return;
    for (const sink of this.sinks) sink.command(this.rowDatabase, this.row, this.rowStart, this.rowEnd);
    this.row = NO_BYTES;
    this.rowEnd = -1;
  }

  /** An argument in latin1 text. */
  text(argument: string): this {
    this.writer.bulkText(argument);
    return this;
  }

  /** An argument from bytes, which are copied. */
  bytes(bytes: Uint8Array, start: number, end: number): this {
    this.writer.bulk(bytes, start, end);
    return this;
  }

  /** A safe integer in decimal. */
  integer(argument: number): this {
    this.writer.bulkInteger(argument);
    return this;
  }

  /** Ends the unit: hands its commands to the sinks. Not `together`: each of them is a unit, as where several things expire. */
  flush(together = true): void {
    if (this.count === 0) return;
    this.close();
    const wrapped = together && this.count > 1;
    const bytes = this.writer.bytes;
    for (const sink of this.sinks) {
      if (wrapped) sink.command(-1, MULTI, 0, MULTI.length);
      let start = 0;
      for (let index = 0; index < this.count; index++) {
        sink.command(this.databases[index]!, bytes, start, this.ends[index]!);
        start = this.ends[index]!;
      }
      if (wrapped) sink.command(-1, EXEC, 0, EXEC.length);
    }
    this.count = 0;
    this.writer.clear();
    if (this.databases.length <= COMMANDS_KEPT) return;
    this.databases = new Int32Array(COMMANDS_FIRST);
    this.ends = new Int32Array(COMMANDS_FIRST);
  }

  /** Notes where the command begun last ends. */
  private close(): void {
    if (this.count > 0) this.ends[this.count - 1] = this.writer.length;
  }

  private grow(): void {
    const databases = new Int32Array(this.count * 2);
    const ends = new Int32Array(this.count * 2);
    databases.set(this.databases);
    ends.set(this.ends);
    this.databases = databases;
    this.ends = ends;
  }
}
