// Glob patterns as KEYS, SCAN, PSUBSCRIBE, CONFIG GET and ACL rules use them: `*` any bytes, `?` one byte, `[abc]`,
// `[a-z]`, `[^a]` one byte of a class, `\x` the byte x. The semantics are those of Redis to the corner:
//
// - an empty text matches only an empty pattern, not even `*` (KEYS * and SCAN take their own short way);
// - a class that is not closed ends with the pattern; in `[a-]` the `]` is the range's end;
// - a range compares signed bytes, as C's char does on x86: 0x80 to 0xff stand below 0x00;
// - an escaped byte inside a class is compared with its case, also when the case is ignored;
// - more than GLOB_STARS_MAX separate stars never match.
//
// Every element but `*` takes exactly one byte, so on a mismatch only the last star need be tried again, one byte
// further: O(pattern * text) without recursion. A step budget bounds even that (CVE-2022-36021, CVE-2024-31228).

import { GLOB_STARS_MAX, GLOB_STEPS_MAX } from './limits.ts';

const STAR = 42;
const QUESTION = 63;
const OPEN = 91;
const BACKSLASH = 92;
const CLOSE = 93;
const CARET = 94;
const DASH = 45;

/** Whether the pattern matches the whole text. `ignoreCase` folds ASCII letters. */
export function matchGlob(
  pattern: Uint8Array,
  patternStart: number,
  patternEnd: number,
  text: Uint8Array,
  textStart: number,
  textEnd: number,
  ignoreCase: boolean,
): boolean {
  if (textStart >= textEnd) return patternStart >= patternEnd;
  let p = patternStart;
  let t = textStart;
  let afterStar = -1;
  let starText = 0;
  let stars = 0;
  let steps = GLOB_STEPS_MAX + (textEnd - textStart) + (patternEnd - patternStart);
  for (;;) {
    // Here t < textEnd: what is left of the text has at least one byte.
    const element = p < patternEnd ? pattern[p]! : -1;
    let next = -1;
    if (element === STAR) {
      p++;
      while (p < patternEnd && pattern[p] === STAR) p++;
      if (p === patternEnd) return true;
      if (++stars > GLOB_STARS_MAX) return false;
      afterStar = p;
      starText = t;
      continue;
    }
    const byte = text[t]!;
    if (element === OPEN) {
      next = matchClass(pattern, p + 1, patternEnd, byte, ignoreCase);
    } else if (element === QUESTION) {
      next = p + 1;
    } else if (element !== -1) {
      const escaped = element === BACKSLASH && p + 1 < patternEnd ? 1 : 0;
      const wanted = escaped === 1 ? pattern[p + 1]! : element;
      if (wanted === byte || (ignoreCase && lower(wanted) === lower(byte))) next = p + escaped + 1;
    }
    if (next !== -1) {
      p = next;
      t++;
      if (t < textEnd) continue;
      while (p < patternEnd && pattern[p] === STAR) p++;
      if (p === patternEnd) return true;
      // The text is used up and the pattern is not: a longer match of the last star leaves it even less.
      return false;
    }
    if (afterStar === -1) return false;
    steps -= t - starText + 1;
    if (steps < 0) return false;
    starText++;
    if (starText >= textEnd) return false;
    t = starText;
    p = afterStar;
  }
}

/**
 * Matches one byte against the class whose first character (after the bracket) is at `start`: the offset after the
 * class, or -1 when the byte is not of it.
 */
function matchClass(pattern: Uint8Array, start: number, end: number, byte: number, ignoreCase: boolean): number {
  let p = start;
  const negated = p < end && pattern[p] === CARET;
  if (negated) p++;
  let found = false;
  for (;;) {
    if (p >= end) {
      p = end;
      break;
    }
    const member = pattern[p]!;
    if (member === BACKSLASH && p + 1 < end) {
      if (pattern[p + 1] === byte) found = true;
      p += 2;
    } else if (member === CLOSE) {
      p++;
      break;
    } else if (p + 2 < end && pattern[p + 1] === DASH) {
      if (inRange(member, pattern[p + 2]!, byte, ignoreCase)) found = true;
      p += 3;
    } else {
      if (member === byte || (ignoreCase && lower(member) === lower(byte))) found = true;
      p++;
    }
  }
  return found !== negated ? p : -1;
}

function inRange(first: number, last: number, byte: number, ignoreCase: boolean): boolean {
  // The bounds are put in order before the case is folded, as Redis does: [Z-a] ignoring case is z..a, empty.
  let low = (first << 24) >> 24;
  let high = (last << 24) >> 24;
  let wanted = (byte << 24) >> 24;
  if (low > high) {
    const swapped = low;
    low = high;
    high = swapped;
  }
  if (ignoreCase) {
    low = lowerSigned(low);
    high = lowerSigned(high);
    wanted = lowerSigned(wanted);
  }
  return wanted >= low && wanted <= high;
}

/** glibc's tolower of a negative char is the unsigned byte, but for -1, which is EOF. */
function lowerSigned(byte: number): number {
  return byte < -1 ? byte + 256 : lower(byte);
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** Whether the pattern has no special character, and so matches only the text that it is. */
export function isLiteral(pattern: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = pattern[i]!;
    if (byte === STAR || byte === QUESTION || byte === OPEN || byte === BACKSLASH) return false;
  }
  return true;
}
