// Key records: how the keyspace keeps a key, its type, encoding, access clock and expiry in one block of flat memory
// (layout: structures/record.ts). Strings up to INLINE_VALUE_BYTES_MAX lie in the record itself; longer ones, integers
// and collections have a payload of two words before the key.
//
// A key of 16 bytes with a value of 16 bytes takes 40 bytes; as an integer 32; an expiry adds 8.

import { copyBytes } from '../lib/bytes.ts';
import { type FlatMemory, GRANULE_MASK, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import {
  ACCESS_SHIFT,
  ENCODING_MASK,
  ENCODING_PAYLOAD_FROM,
  ENCODING_SHIFT,
  EXPIRY_FLAG,
  KEY_BYTES_BITS,
  keyBytes,
  keyOffset,
  LONG_FLAG,
  NO_EXPIRY_WORD,
  SHORT_KEY_BYTES_MAX,
  SHORT_VALUE_BYTES_MAX,
  TYPE_AND_ENCODING_MASK,
  TYPE_MASK,
  valueBytes,
} from '../structures/record.ts';

/** Types, as the header's four bits hold them. */
export const STRING = 0;
export const LIST = 1;
export const SET = 2;
export const SORTED_SET = 3;
export const HASH = 4;
export const STREAM = 6;

/** What TYPE replies, by type. */
export const TYPE_NAMES = ['string', 'list', 'set', 'zset', 'hash', 'module', 'stream'] as const;

/** Encodings of strings. The first two lie inline; both are of any short length: "raw" ones were changed in place. */
export const EMBSTR = 0;
export const RAW = 1;
/** Payload: the integer, low word first. */
export const INT = 2;
/** Payload: handle of the bytes, their count. */
export const OUTSIDE = 3;

/** Longest value kept inside the record: beyond, moving it with its key costs more than a second block. */
export const INLINE_VALUE_BYTES_MAX = 1024;

/** Where a short inline value's length stands in word 1. */
const INLINE_LENGTH_MASK = SHORT_VALUE_BYTES_MAX << KEY_BYTES_BITS;

/** The access clock's bits. */
export const ACCESS_MAX = 0xffffff;

/** Builds, reads and rewrites key records in one flat memory. */
export class KeyRecords {
  readonly memory: FlatMemory;

  constructor(memory: FlatMemory) {
    this.memory = memory;
  }

  /** Bytes of a record with these parts; `inlineBytes` is 0 for encodings with a payload. */
  static size(encoding: number, keyLength: number, inlineBytes: number, withExpiry: boolean): number {
    const long = keyLength > SHORT_KEY_BYTES_MAX || inlineBytes > SHORT_VALUE_BYTES_MAX;
    return (
      8 + (withExpiry ? 8 : 0) + (long ? 8 : 0) + (encoding >= ENCODING_PAYLOAD_FROM ? 8 : 0) + keyLength + inlineBytes
    );
  }

  /**
   * A new record with its header and key; payload or inline value are the caller's to write. An expiry field, if any,
   * holds no deadline. The caller owns the record. May grow memory.
   */
  create(
    typeAndEncoding: number,
    access: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    inlineBytes: number,
    withExpiry: boolean,
  ): number {
    const keyLength = keyEnd - keyStart;
    const encoding = (typeAndEncoding >>> ENCODING_SHIFT) & ENCODING_MASK;
    const handle = this.memory.allocate(KeyRecords.size(encoding, keyLength, inlineBytes, withExpiry));
    this.writeHeader(handle, typeAndEncoding, access, keyLength, inlineBytes, withExpiry);
    copyBytes(key, keyStart, keyEnd, this.memory.bytes[handle >>> SEGMENT_SHIFT]!, this.keyStart(handle));
    return handle;
  }

  /** Writes words 0 and 1, the long lengths where needed, and an expiry field without a deadline. */
  writeHeader(
    handle: number,
    typeAndEncoding: number,
    access: number,
    keyLength: number,
    inlineBytes: number,
    withExpiry: boolean,
  ): void {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    let word = (handle & GRANULE_MASK) << 1;
    words[word] = typeAndEncoding | (access << ACCESS_SHIFT);
    const expiry = withExpiry ? EXPIRY_FLAG : 0;
    if (withExpiry) {
      words[word + 2] = NO_EXPIRY_WORD;
      words[word + 3] = NO_EXPIRY_WORD;
    }
    if (keyLength <= SHORT_KEY_BYTES_MAX && inlineBytes <= SHORT_VALUE_BYTES_MAX) {
      words[word + 1] = expiry | (inlineBytes << KEY_BYTES_BITS) | keyLength;
      return;
    }
    words[word + 1] = expiry | LONG_FLAG;
    word += withExpiry ? 4 : 2;
    words[word] = keyLength;
    words[word + 1] = inlineBytes;
  }

  /**
   * A record like another, with its key, access clock and expiry, but of another encoding or inline length: payload or
   * inline value are the caller's to write, the old record is the caller's to free. May grow memory.
   */
  remake(handle: number, typeAndEncoding: number, inlineBytes: number): number {
    const header = this.header(handle);
    const withExpiry = this.hasExpiryField(handle);
    const keyStart = this.keyStart(handle);
    const bytes = this.memory.bytes[handle >>> SEGMENT_SHIFT]!;
    const keyEnd = keyStart + this.keyLength(handle);
    const made = this.create(
      typeAndEncoding,
      header >>> ACCESS_SHIFT,
      bytes,
      keyStart,
      keyEnd,
      inlineBytes,
      withExpiry,
    );
    if (withExpiry) {
      const from = this.memory.words[handle >>> SEGMENT_SHIFT]!;
      const to = this.memory.words[made >>> SEGMENT_SHIFT]!;
      to[((made & GRANULE_MASK) << 1) + 2] = from[((handle & GRANULE_MASK) << 1) + 2]!;
      to[((made & GRANULE_MASK) << 1) + 3] = from[((handle & GRANULE_MASK) << 1) + 3]!;
    }
    return made;
  }

  /** Notes another length of the inline value; the record's block must have room for it. */
  setInlineLength(handle: number, inlineBytes: number): void {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const lengths = words[word + 1]!;
    if ((lengths & LONG_FLAG) !== 0) words[word + 3 + ((lengths >>> 31) << 1)] = inlineBytes;
    else words[word + 1] = (lengths & ~INLINE_LENGTH_MASK) | (inlineBytes << KEY_BYTES_BITS);
  }

  setTypeAndEncoding(handle: number, typeAndEncoding: number): void {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    words[word] = (words[word]! & ~TYPE_AND_ENCODING_MASK) | typeAndEncoding;
  }

  /** Frees the record itself; what it refers to is the caller's business. */
  free(handle: number): void {
    this.memory.free(handle);
  }

  header(handle: number): number {
    return this.memory.words[handle >>> SEGMENT_SHIFT]![(handle & GRANULE_MASK) << 1]!;
  }

  type(handle: number): number {
    return this.header(handle) & TYPE_MASK;
  }

  encoding(handle: number): number {
    return (this.header(handle) >>> ENCODING_SHIFT) & ENCODING_MASK;
  }

  access(handle: number): number {
    return this.header(handle) >>> ACCESS_SHIFT;
  }

  setAccess(handle: number, access: number): void {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const header = (words[word]! & TYPE_AND_ENCODING_MASK) | (access << ACCESS_SHIFT);
    if (words[word] !== header) words[word] = header;
  }

  /** Byte offset of the key in the record's segment. */
  keyStart(handle: number): number {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    return (word << 2) + keyOffset(words[word]!, words[word + 1]!);
  }

  keyLength(handle: number): number {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    return keyBytes(words, word, words[word + 1]!);
  }

  /** Bytes of the inline value, which follows the key. */
  inlineLength(handle: number): number {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    return valueBytes(words, word, words[word + 1]!);
  }

  /** Word index of the payload in the record's segment. */
  payloadWord(handle: number): number {
    return (this.keyStart(handle) >>> 2) - 2;
  }

  hasExpiryField(handle: number): boolean {
    return this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + 1]! < 0;
  }

  /**
   * A copy of the record with another key, with or without an expiry field, which holds no deadline. Payload words are
   * copied as they are: two records must not both own what they name. May grow memory.
   */
  copy(handle: number, key: Uint8Array, keyStart: number, keyEnd: number, withExpiry: boolean): number {
    const header = this.header(handle);
    const inlineBytes = this.inlineLength(handle);
    const encoding = (header >>> ENCODING_SHIFT) & ENCODING_MASK;
    const kind = header & TYPE_AND_ENCODING_MASK;
    const copy = this.create(kind, header >>> ACCESS_SHIFT, key, keyStart, keyEnd, inlineBytes, withExpiry);
    const from = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const to = this.memory.words[copy >>> SEGMENT_SHIFT]!;
    if (encoding >= ENCODING_PAYLOAD_FROM) {
      to[this.payloadWord(copy)] = from[this.payloadWord(handle)]!;
      to[this.payloadWord(copy) + 1] = from[this.payloadWord(handle) + 1]!;
    } else if (inlineBytes > 0) {
      const start = this.keyStart(handle) + this.keyLength(handle);
      const at = this.keyStart(copy) + (keyEnd - keyStart);
      copyBytes(
        this.memory.bytes[handle >>> SEGMENT_SHIFT]!,
        start,
        start + inlineBytes,
        this.memory.bytes[copy >>> SEGMENT_SHIFT]!,
        at,
      );
    }
    return copy;
  }
}

/** Type and encoding as the header's low byte. */
export function typeAndEncoding(type: number, encoding: number): number {
  return type | (encoding << ENCODING_SHIFT);
}
