// Records: the things that hash tables index. A record starts with two header words and somewhere holds its key; a
// table knows by its record kind where. This file draws the layouts; who owns the rest of a record says so there.
//
// Key record (the keyspace's; datatypes and engine/keyspace.ts fill it):
//
//   word 0   type: 4 bits | encoding: 4 bits | access clock: 24 bits
//   word 1   EXPIRY: 1 | LONG: 1 | value bytes: 18 | key bytes: 12
//   [EXPIRY] two words: the deadline (engine/expiry.ts); all ones: none
//   [LONG]   two words: key bytes, value bytes; then the counts in word 1 are unused
//   payload  0 or 8 bytes, by encoding: an integer, the handle and length of an outside value, a collection's root
//   key, then the value bytes of inline encodings
//
// All parts before the key are multiples of 8 bytes, so the key starts on a granule.
//
// Member record (of sets, hashes and sorted sets that outgrew their packed form):
//
//   word 0   FIELD: 1 | LONG: 1 | value bytes: 18 | member bytes: 12
//   [FIELD]  two words: a sorted set's score, a hash field's deadline
//   [LONG]   two words: member bytes, value bytes; then the counts in word 0 are unused
//   member, then the value bytes of a hash field
//
// The member starts on a word. From its lengths word on a member record looks like a key record without a payload, so
// both kinds share the code that finds a key.

export const TYPE_MASK = 0xf;
export const ENCODING_SHIFT = 4;
export const ENCODING_MASK = 0xf;
export const ACCESS_SHIFT = 8;

/** Word 0: what both type and encoding take. */
export const TYPE_AND_ENCODING_MASK = 0xff;

/** Word 1: an expiry field follows the header. */
export const EXPIRY_FLAG = 1 << 31;
/** Word 1: lengths follow in two words of their own. */
export const LONG_FLAG = 1 << 30;
export const KEY_BYTES_BITS = 12;
export const SHORT_KEY_BYTES_MAX = (1 << KEY_BYTES_BITS) - 1;
export const SHORT_VALUE_BYTES_MAX = (1 << 18) - 1;

/** Both words of an expiry field that holds no deadline. */
export const NO_EXPIRY_WORD = -1;

/** Encodings below this have no payload before the key; their value bytes follow the key. */
export const ENCODING_PAYLOAD_FROM = 2;

/** Member records: two words of the datatype's own follow the lengths. The same bit as EXPIRY_FLAG. */
export const FIELD_FLAG = EXPIRY_FLAG;

/** Kinds of records, as the word in which their lengths stand. */
export const MEMBERS = 0;
export const KEYS = 1;
export type RecordKind = typeof MEMBERS | typeof KEYS;

/** Bytes from the record's start to its key. `header` and `lengths` are words 0 and 1. */
export function keyOffset(header: number, lengths: number): number {
  return (
    8 +
    ((lengths >>> 31) << 3) +
    (((lengths >>> 30) & 1) << 3) +
    (((header >>> ENCODING_SHIFT) & ENCODING_MASK) >= ENCODING_PAYLOAD_FROM ? 8 : 0)
  );
}

/** Bytes of a record's key; `word` is the record's word index in `words`. */
export function keyBytes(words: Int32Array, word: number, lengths: number): number {
  if ((lengths & LONG_FLAG) === 0) return lengths & SHORT_KEY_BYTES_MAX;
  return words[word + 2 + ((lengths >>> 31) << 1)]!;
}

/** Bytes of a record's inline value; `word` is the record's word index in `words`. */
export function valueBytes(words: Int32Array, word: number, lengths: number): number {
  if ((lengths & LONG_FLAG) === 0) return (lengths >>> KEY_BYTES_BITS) & SHORT_VALUE_BYTES_MAX;
  return words[word + 3 + ((lengths >>> 31) << 1)]!;
}

/** Bytes from a member record's start to its member. */
export function memberOffset(lengths: number): number {
  return 4 + ((lengths >>> 31) << 3) + (((lengths >>> 30) & 1) << 3);
}

/** Bytes of a member record's member; `word` is the record's word index in `words`. */
export function memberBytes(words: Int32Array, word: number, lengths: number): number {
  if ((lengths & LONG_FLAG) === 0) return lengths & SHORT_KEY_BYTES_MAX;
  return words[word + 1 + ((lengths >>> 31) << 1)]!;
}

/** Bytes of a member record's value; `word` is the record's word index in `words`. */
export function memberValueBytes(words: Int32Array, word: number, lengths: number): number {
  if ((lengths & LONG_FLAG) === 0) return (lengths >>> KEY_BYTES_BITS) & SHORT_VALUE_BYTES_MAX;
  return words[word + 2 + ((lengths >>> 31) << 1)]!;
}

/**
 * Whether words from `word` on begin with bytes[start..end). A GET of a key of 16 bytes takes 6 ns less than with a
 * comparison byte by byte (engine.bench.ts, Node 26).
 */
export function equalsWords(bytes: Uint8Array, start: number, end: number, words: Int32Array, word: number): boolean {
  const wordsEnd = end - ((end - start) & 3);
  let at = start;
  let next = word;
  for (; at < wordsEnd; at += 4) {
    const value = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    if (value !== words[next++]) return false;
  }
  for (let shift = 0; at < end; at++, shift += 8) if (bytes[at] !== ((words[next]! >>> shift) & 0xff)) return false;
  return true;
}
