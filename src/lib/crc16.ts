// CRC-16/XMODEM (polynomial 0x1021, from 0) and the cluster's hash slots, which are made of it.

/** Slots of a cluster. */
export const SLOT_COUNT = 16384;

const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

const TABLE = new Uint16Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  TABLE[byte] = crc;
}

/** CRC-16 of bytes[start..end). */
export function crc16(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let at = start; at < end; at++) crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ bytes[at]!]!;
  return crc;
}

/**
 * The slot of a key. When the key has a hash tag, the bytes between its first '{' and the next '}' if there are any,
 * only the tag counts: keys of one tag live together.
 */
export function keySlot(bytes: Uint8Array, start: number, end: number): number {
  let open = start;
  while (open < end && bytes[open] !== OPEN_BRACE) open++;
  let close = open + 1;
  while (close < end && bytes[close] !== CLOSE_BRACE) close++;
  const hasTag = close < end && close > open + 1;
  return (hasTag ? crc16(bytes, open + 1, close) : crc16(bytes, start, end)) & (SLOT_COUNT - 1);
}
