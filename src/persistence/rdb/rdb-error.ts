// What is wrong with an RDB file or a DUMP payload, and where.

/** The message where more was to come. */
export const UNEXPECTED_END = 'Unexpected EOF reading RDB file';

/** The message where a length is beyond all that a string may have. */
export const TOO_LONG = 'a string is longer than any can be';

export class RdbError extends Error {
  /** Bytes from the start at which it was noticed. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = 'RdbError';
    this.offset = offset;
  }
}
