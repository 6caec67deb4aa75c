// How much of one connection is read in its turn, while its bytes take long to deal with: so much that one that sends much
// does not keep the others waiting. That is 32 KB, 500 short SETs or 0.4 ms, in a program that is warm. In the first
// moments, when V8 interprets what it will compile, the same bytes take 10 ms; so it begins with less. (redis-server reads
// 16 KB at a time.)

const BYTES_FIRST = 4 * 1024;
const BYTES_MAX = 32 * 1024;
/** A turn that is over sooner may be twice as long. */
const SHORT_MS = 0.5;

export class TurnLength {
  bytes = BYTES_FIRST;
  /** The same, as native functions take it. */
  argument = BigInt(BYTES_FIRST);

  /** A full turn took so many milliseconds. */
  took(milliseconds: number): void {
    if (this.bytes === BYTES_MAX || milliseconds > SHORT_MS) return;
    this.bytes *= 2;
    this.argument = BigInt(this.bytes);
  }
}
