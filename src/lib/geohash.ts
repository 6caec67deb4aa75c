// Geohashes as Redis keeps places in sorted sets: longitude and latitude are divided into 2^26 parts each, and the two
// numbers' bits interleaved (latitude in the even ones) make a score of 52 bits. Places that are near have scores with
// the same upper bits, so a cell of the grid at a coarser step is a range of scores.
//
// The arithmetic is that of Redis operation by operation, so that scores come out equal to the last bit. Latitudes end
// where the Mercator projection is as wide as high; the text of GEOHASH counts them from -90 to 90, as geohash.org does.

import { fromLatin1 } from './bytes.ts';

export const LONGITUDE_MAX = 180;
export const LATITUDE_MAX = 85.05112878;
/** Halvings of either range. */
export const GEOHASH_STEPS = 26;
/** Characters of GEOHASH: 52 bits are a little more than ten of five bits each; the last is always '0'. */
export const GEOHASH_TEXT_BYTES = 11;

const LONGITUDES = LONGITUDE_MAX + LONGITUDE_MAX;
const LATITUDES = LATITUDE_MAX + LATITUDE_MAX;
const ALPHABET = fromLatin1('0123456789bcdefghjkmnpqrstuvwxyz');
const WORD = 2 ** 32;

/** Whether a place lies within the ranges; NaN does not. */
export function isPlace(longitude: number, latitude: number): boolean {
  return Math.abs(longitude) <= LONGITUDE_MAX && Math.abs(latitude) <= LATITUDE_MAX;
}

/** The column of a longitude at a step, from 0; 2^step for the very last longitude. */
export function columnOf(longitude: number, step: number): number {
  return Math.trunc(((longitude + LONGITUDE_MAX) / LONGITUDES) * 2 ** step);
}

/** The row of a latitude at a step, from 0 in the south; 2^step for the very last latitude. */
export function rowOf(latitude: number, step: number): number {
  return Math.trunc(((latitude + LATITUDE_MAX) / LATITUDES) * 2 ** step);
}

/** The western border of a column at a step. */
export function westOf(column: number, step: number): number {
  return -LONGITUDE_MAX + (column / 2 ** step) * LONGITUDES;
}

/** The southern border of a row at a step. */
export function southOf(row: number, step: number): number {
  return -LATITUDE_MAX + (row / 2 ** step) * LATITUDES;
}

/** The cell id of a column and a row: their bits interleaved. */
export function interleave(column: number, row: number): number {
  const low = spread(row) | (spread(column) << 1);
  const high = spread(row >>> 16) | (spread(column >>> 16) << 1);
  return (high >>> 0) * WORD + (low >>> 0);
}

/** The score of a place within the ranges. */
export function encodePlace(longitude: number, latitude: number): number {
  return interleave(columnOf(longitude, GEOHASH_STEPS), rowOf(latitude, GEOHASH_STEPS));
}

/**
 * Leaves longitude and latitude of a score, the middle of its cell, in place[0] and place[1]. Scores that are no
 * geohashes count as 64 bits, as x86 makes them of doubles, and come out at the borders.
 */
export function decodePlace(score: number, place: Float64Array): void {
  let high = 0;
  let low = 0;
  if (score < -(2 ** 63)) high = 0x80000000;
  else if (score < 2 ** 64) {
    const whole = Math.trunc(score);
    high = Math.floor(whole / WORD);
    low = whole - high * WORD;
  }
  const row = (gather(low) | (gather(high) << 16)) >>> 0;
  const column = (gather(low >>> 1) | (gather(high >>> 1) << 16)) >>> 0;
  const longitude = (westOf(column, GEOHASH_STEPS) + westOf(column + 1, GEOHASH_STEPS)) / 2;
  const latitude = (southOf(row, GEOHASH_STEPS) + southOf(row + 1, GEOHASH_STEPS)) / 2;
  place[0] = Math.max(-LONGITUDE_MAX, Math.min(LONGITUDE_MAX, longitude));
  place[1] = Math.max(-LATITUDE_MAX, Math.min(LATITUDE_MAX, latitude));
}

/** Writes the text of a place, GEOHASH_TEXT_BYTES long. */
export function writeGeohash(longitude: number, latitude: number, bytes: Uint8Array, at: number): void {
  const row = Math.trunc(((latitude + 90) / 180) * 2 ** GEOHASH_STEPS);
  const cell = interleave(columnOf(longitude, GEOHASH_STEPS), row);
  for (let index = 0; index < GEOHASH_TEXT_BYTES; index++) {
    const shift = 2 * GEOHASH_STEPS - 5 * (index + 1);
    bytes[at + index] = ALPHABET[shift < 0 ? 0 : Math.floor(cell / 2 ** shift) % 32]!;
  }
}

/** The lower 16 bits of a number, each followed by a zero. */
function spread(value: number): number {
  let bits = value & 0xffff;
  bits = (bits | (bits << 8)) & 0x00ff00ff;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f;
  bits = (bits | (bits << 2)) & 0x33333333;
  return (bits | (bits << 1)) & 0x55555555;
}

/** Every other bit of a word, from the lowest on: 16 bits. */
function gather(value: number): number {
  let bits = value & 0x55555555;
  bits = (bits | (bits >>> 1)) & 0x33333333;
  bits = (bits | (bits >>> 2)) & 0x0f0f0f0f;
  bits = (bits | (bits >>> 4)) & 0x00ff00ff;
  return (bits | (bits >>> 8)) & 0xffff;
}
