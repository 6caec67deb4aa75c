// The numbers of the RDB format: what stands before a record, how lengths and strings begin, and which encodings of
// values there are. A file is
//
//   "REDIS", version in four digits | what is not keys … | databases … | EOF | CRC-64, from version 5 on
//   key      [expiry] [idle time or frequency] type, key, value
//   length   00xxxxxx | 01xxxxxx + 8 bits | 0x80 + 32 bits | 0x81 + 64 bits, big endian; 11xxxxxx: a string encoded otherwise
//
// and a DUMP payload: type, value, version in two bytes, CRC-64. docs/formats/rdb.md has the values.

/** What the file begins with; the version follows in four digits. */
export const SIGNATURE = 'REDIS';
export const SIGNATURE_BYTES = 9;
/** Versions that are read: Redis 2.x began with 1, 8.10 writes 15. */
export const VERSION_MIN = 1;
export const VERSION_MAX = 15;
/** From here on a file ends with its CRC. */
export const VERSION_CHECKSUM = 5;
/** What Redis 7.0 reads, and what 7.4 reads: sets as listpacks, fields that expire. */
export const VERSION_7_0 = 10;
export const VERSION_7_4 = 12;
/** Streams that remember producers, and those with released entries. */
export const VERSION_8_6 = 13;
export const VERSION_8_8 = 14;
export type WrittenVersion = typeof VERSION_7_0 | typeof VERSION_7_4;

/** Bytes of a DUMP payload behind the value: the version and the CRC. */
export const FOOTER_BYTES = 10;
export const CHECKSUM_BYTES = 8;

// Types of values.
export const TYPE_STRING = 0;
export const TYPE_LIST = 1;
export const TYPE_SET = 2;
/** Scores as text. */
export const TYPE_ZSET = 3;
export const TYPE_HASH = 4;
/** Scores as doubles. */
export const TYPE_ZSET_2 = 5;
export const TYPE_MODULE_PRE_GA = 6;
export const TYPE_MODULE_2 = 7;
export const TYPE_HASH_ZIPMAP = 9;
export const TYPE_LIST_ZIPLIST = 10;
export const TYPE_SET_INTSET = 11;
export const TYPE_ZSET_ZIPLIST = 12;
export const TYPE_HASH_ZIPLIST = 13;
export const TYPE_LIST_QUICKLIST = 14;
export const TYPE_STREAM_LISTPACKS = 15;
export const TYPE_HASH_LISTPACK = 16;
export const TYPE_ZSET_LISTPACK = 17;
export const TYPE_LIST_QUICKLIST_2 = 18;
/** With the first id, the greatest removed one, how many were added, and how many groups have read. */
export const TYPE_STREAM_LISTPACKS_2 = 19;
export const TYPE_SET_LISTPACK = 20;
/** With the time when a consumer was active. */
export const TYPE_STREAM_LISTPACKS_3 = 21;
/** Hashes with deadlines as release candidates of 7.4 wrote them: deadlines are absolute. */
export const TYPE_HASH_METADATA_PRE_GA = 22;
export const TYPE_HASH_LISTPACK_EX_PRE_GA = 23;
export const TYPE_HASH_METADATA = 24;
export const TYPE_HASH_LISTPACK_EX = 25;
/** With producers (Redis 8.6). */
export const TYPE_STREAM_LISTPACKS_4 = 26;
/** With released entries (Redis 8.8). */
export const TYPE_STREAM_LISTPACKS_5 = 27;

/** Types that are known by name only: nothing here can hold what they say. */
export const REFUSED_TYPES: ReadonlyMap<number, string> = new Map([
  [28, 'array'],
  [29, 'hash template'],
  [30, 'hash template'],
  [31, 'hash template'],
  [32, 'hash template'],
  [33, 'rate limit'],
]);

// What stands where a type may stand.
export const OPCODE_HASH_TEMPLATE = 242;
export const OPCODE_KEY_META = 243;
export const OPCODE_SLOT_INFO = 244;
export const OPCODE_FUNCTION = 245;
export const OPCODE_FUNCTION_PRE_GA = 246;
export const OPCODE_MODULE_AUX = 247;
export const OPCODE_IDLE = 248;
export const OPCODE_FREQ = 249;
export const OPCODE_AUX = 250;
export const OPCODE_RESIZEDB = 251;
export const OPCODE_EXPIRETIME_MS = 252;
export const OPCODE_EXPIRETIME = 253;
export const OPCODE_SELECTDB = 254;
export const OPCODE_EOF = 255;
/** Opcodes begin here. */
export const OPCODE_MIN = OPCODE_HASH_TEMPLATE;

// First bytes of lengths.
export const LENGTH_14 = 0x40;
export const LENGTH_32 = 0x80;
export const LENGTH_64 = 0x81;
export const LENGTH_ENCODED = 0xc0;

// Strings encoded otherwise, as the lower six bits of their first byte.
export const STRING_INT8 = 0;
export const STRING_INT16 = 1;
export const STRING_INT32 = 2;
export const STRING_LZF = 3;

/** Texts up to here are tried as integers: a sign and ten digits. */
export const INTEGER_TEXT_BYTES_MAX = 11;
/** Texts up to here are not compressed, and compression must save this much. */
export const COMPRESS_FROM_BYTES = 21;
export const COMPRESS_GAIN_MIN = 4;
/** What LZF makes of a byte at most: three bytes that repeat 264. */
export const LZF_RATIO_MAX = 88;

/** Containers of a list's nodes. */
export const NODE_PLAIN = 1;
export const NODE_PACKED = 2;

/** First bytes of old scores that have no text. */
export const SCORE_NAN = 253;
export const SCORE_INFINITY = 254;
export const SCORE_MINUS_INFINITY = 255;

/** The latest deadline of a field: 48 bits. */
export const FIELD_DEADLINE_MAX = 2 ** 48 - 1;

/** Slots of a cluster. */
export const SLOTS = 16384;

/** An id in a stream's pending entries and before its blocks. */
export const RAW_ID_BYTES = 16;
