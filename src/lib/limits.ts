// Every limit of the server that no directive changes, with its reason. What an operator may change (maxclients,
// proto-max-bulk-len, client-query-buffer-limit …) is a directive, declared in the room that reads it; the bounds of
// such directives that have a reason of their own are here.

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;

// Requests.

/** The longest inline request, and the longest length line of a RESP request. Redis: PROTO_INLINE_MAX_SIZE. */
export const REQUEST_LINE_BYTES_MAX = 64 * KILOBYTE;

/** Arguments of one request: what an int holds in C Redis, which clients see as "invalid multibulk length" beyond it. */
export const REQUEST_ARGUMENTS_MAX = 0x7fff_ffff;

/** Arguments of one request before authentication (CVE-2021-32675): enough for HELLO with all of its options. */
export const UNAUTHENTICATED_ARGUMENTS_MAX = 10;

/** Bytes of one argument before authentication (CVE-2021-32675): enough for a name and a password. */
export const UNAUTHENTICATED_BULK_BYTES_MAX = 16 * KILOBYTE;

/** Bytes in the query buffer and the MULTI queue before authentication (Redis 6.2.6; CVE-2021-32675). */
export const UNAUTHENTICATED_BUFFER_BYTES_MAX = MEGABYTE;

/** Output waiting for a client that is not authenticated and does not read (CVE-2025-21605). */
export const UNAUTHENTICATED_OUTPUT_BYTES_MAX = 32 * KILOBYTE;

/**
 * The longest argument whatever proto-max-bulk-len allows: offsets in a buffer are int32 on the hot path. Redis takes up
 * to 2^63-1 in theory.
 */
export const BULK_BYTES_MAX = 0x7fff_ffff - 2 * MEGABYTE;

/** Room for argument ranges that a parser keeps between requests; what a larger request needed is let go after it. */
export const ARGUMENT_RANGES_KEPT = 1024;

// Replies.

/**
 * The longest reply written before it is sent: offsets are int32. A client that asks for more in one command is closed.
 * Greater than BULK_BYTES_MAX, so that any one value fits.
 */
export const REPLY_BYTES_MAX = 0x7fff_ffff - MEGABYTE;

/**
 * The longest string, however high proto-max-bulk-len is set: lengths are int32, and a value that does not fit a reply
 * could not be read.
 */
export const STRING_BYTES_MAX = REPLY_BYTES_MAX - MEGABYTE;

/** A reply buffer starts with this much: one page holds the replies of most batches. */
export const REPLY_BYTES_FIRST = 4 * KILOBYTE;

/** A reply buffer that grew beyond this is let go when it is cleared, so that one large reply is not kept for ever. */
export const REPLY_BYTES_KEPT = MEGABYTE;

// Replies of others: the client, the replica and the tools read them from peers who may be hostile
// (CVE-2018-12326, CVE-2021-32762).

/** Arrays within arrays in a reply. Redis's own replies nest some six deep; what scripts build is cut off at 200, by Lua. */
export const REPLY_NESTING_MAX = 128;

/** The longest line of a reply (status, error, number, big number). */
export const REPLY_LINE_BYTES_MAX = MEGABYTE;

/** The longest bulk in a reply: proto-max-bulk-len's default. */
export const REPLY_BULK_BYTES_MAX = 512 * MEGABYTE;

/** Elements of one aggregate in a reply. Room is taken as they arrive, never for the count that was announced. */
export const REPLY_ELEMENTS_MAX = 0x7fff_ffff;

/** Digits of a big number in a reply that becomes a BigInt: reading them takes quadratic time. */
export const REPLY_BIG_NUMBER_DIGITS_MAX = 4096;

/** What a reply parser's buffer keeps between replies. */
export const REPLY_PARSER_BYTES_KEPT = 64 * KILOBYTE;

// Patterns.

/** Separate stars in a pattern that can still match; Redis stops at the same depth of recursion (CVE-2024-31228). */
export const GLOB_STARS_MAX = 1000;

/**
 * Steps that one match may go back to its last star, beside one for each byte of pattern and text: some 30 ms. A pattern
 * of 1 KB over a key of 16 KB cannot need more.
 */
export const GLOB_STEPS_MAX = 1 << 24;

// Numbers.

/** The longest text read as a long double; longer is "not a valid float". Redis: MAX_LONG_DOUBLE_CHARS, with its NUL. */
export const LONG_DOUBLE_BYTES_MAX = 5 * KILOBYTE - 1;

/** HIMPORT: fieldsets that one session may have prepared, and bytes of all their fields together. They live outside of
 *  flat memory, so a client must not be able to make any number of them. */
export const FIELDSETS_MAX = 1024;
export const FIELDSET_BYTES_MAX = 1024 * 1024;
