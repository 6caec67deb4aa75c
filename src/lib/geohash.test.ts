// Cells and places against BigInt arithmetic, and areas against every place there is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOX, CIRCLE, GeoArea, metresBetween } from './geo-area.ts';
import {
  decodePlace,
  encodePlace,
  GEOHASH_TEXT_BYTES,
  interleave,
  isPlace,
  LATITUDE_MAX,
  LONGITUDE_MAX,
  writeGeohash,
} from './geohash.ts';
import { Prng } from './prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

function decoded(score: number): [number, number] {
  const place = new Float64Array(2);
  decodePlace(score, place);
  return [place[0]!, place[1]!];
}

function textOf(longitude: number, latitude: number): string {
  const bytes = new Uint8Array(GEOHASH_TEXT_BYTES);
  writeGeohash(longitude, latitude, bytes, 0);
  return String.fromCharCode(...bytes);
}

test('scores and texts are those of Redis', () => {
  for (const [longitude, latitude, score] of [
    [13.361389, 38.115556, 3479099956230698],
    [15.087269, 37.502669, 3479447370796909],
    [1, 2, 3378080408407459],
    [-180, -LATITUDE_MAX, 0],
    [LONGITUDE_MAX, LATITUDE_MAX, 2 ** 53 + 2 ** 52],
  ] as const) {
    assert.equal(encodePlace(longitude, latitude), score);
  }
  assert.equal(textOf(...decoded(3479099956230698)), 'sqc8b49rny0');
  assert.equal(textOf(...decoded(3479447370796909)), 'sqdtr74hyu0');
});

test(`interleaving is BigInt's (seed ${SEED})`, () => {
  const prng = new Prng(SEED);
  for (let round = 0; round < 2000; round++) {
    const column = prng.below(2 ** 26);
    const row = prng.below(2 ** 26);
    let expected = 0n;
    for (let bit = 0n; bit < 26n; bit++) {
      expected |= ((BigInt(row) >> bit) & 1n) << (2n * bit);
      expected |= ((BigInt(column) >> bit) & 1n) << (2n * bit + 1n);
    }
    assert.equal(interleave(column, row), Number(expected));
  }
});

test(`a place comes back within its cell (seed ${SEED})`, () => {
  const prng = new Prng(SEED);
  for (let round = 0; round < 2000; round++) {
    const longitude = (prng.below(1 << 30) / (1 << 30)) * 360 - 180;
    const latitude = (prng.below(1 << 30) / (1 << 30)) * 170 - 85;
    const [lon, lat] = decoded(encodePlace(longitude, latitude));
    assert.ok(Math.abs(lon - longitude) <= 180 / 2 ** 26 + 1e-12);
    assert.ok(Math.abs(lat - latitude) <= LATITUDE_MAX / 2 ** 26 + 1e-12);
  }
});

test('any score is decoded to a place', () => {
  for (const score of [-1, 0.5, -0, 2 ** 52, 2 ** 63, 2 ** 64, 1e300, -1e300, 1 / 0, -1 / 0, -(2 ** 63), 5e-324]) {
    const [longitude, latitude] = decoded(score);
    assert.ok(isPlace(longitude, latitude), String(score));
  }
  assert.deepEqual(decoded(-1), [LONGITUDE_MAX, LATITUDE_MAX]);
  assert.ok(!isPlace(Number.NaN, 0) && !isPlace(0, Number.NaN) && !isPlace(180.1, 0) && !isPlace(0, -85.06));
});

test('distances at the ends of the world are finite', () => {
  for (const [lon1, lat1, lon2, lat2] of [
    [0, 0, 180, 0],
    [-180, 85, 0, -85],
    [179.99999, 85.05112878, -0.00001, -85.05112878],
    [1, 1, 1, 1],
  ] as const) {
    assert.ok(metresBetween(lon1, lat1, lon2, lat2) <= Math.PI * 6372797.6);
  }
  assert.equal(metresBetween(1, 1, 1, 1), 0);
});

/** Whether a longitude differs from another by more than half of the world: cells are not looked up across that border. */
function isBehind(first: number, second: number): boolean {
  return Math.abs(first - second) > 180;
}

test(`the cells of an area hold every place in it (seed ${SEED})`, () => {
  const prng = new Prng(SEED);
  const unit = (): number => prng.below(1 << 30) / (1 << 30);
  const area = new GeoArea();
  for (let round = 0; round < 400; round++) {
    area.shape = prng.below(2) === 0 ? BOX : CIRCLE;
    area.centre[0] = unit() * 360 - 180;
    area.centre[1] = unit() * 130 - 65;
    area.metresPerUnit[0] = 1;
    area.size[0] = 10 ** (1 + unit() * 5);
    area.size[1] = area.shape === BOX ? 10 ** (1 + unit() * 5) : area.size[0]!;
    area.cover();
    assert.ok(area.cells >= 1 && area.cells <= 9);
    const degrees = Math.max(area.size[0]!, area.size[1]!) / 40_000;
    for (let place = 0; place < 50; place++) {
      const longitude: number = area.centre[0]! + (unit() - 0.5) * degrees;
      const latitude: number = area.centre[1]! + (unit() - 0.5) * degrees;
      if (!isPlace(longitude, latitude) || isBehind(longitude, area.centre[0]!)) continue;
      const score = encodePlace(longitude, latitude);
      if (!area.holds(score)) continue;
      let isCovered = false;
      for (let cell = 0; cell < area.cells; cell++) {
        if (score >= area.least[cell]! && score < area.beyond[cell]!) isCovered = true;
      }
      assert.ok(isCovered, `round ${round}: ${longitude}, ${latitude}`);
    }
  }
});
