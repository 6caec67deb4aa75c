// Places as arguments and as replies: what all commands of the family share.

import { parseDouble } from '../../../lib/decimal.ts';
import { isPlace } from '../../../lib/geohash.ts';
import { writeInteger } from '../../../lib/integers.ts';
import { error, NOT_A_FLOAT } from '../../../protocol/errors.ts';
import { type ReadCall, word } from '../../call.ts';
import { type ArgumentDefinition, oneOf, token } from '../../command.ts';

const UNSUPPORTED_UNIT = error('ERR unsupported unit provided. please use M, KM, FT, MI');

const M = word('m');
const KM = word('km');
const FT = word('ft');
const MI = word('mi');

export const UNIT: ArgumentDefinition = oneOf('unit', token('m'), token('km'), token('ft'), token('mi'));

/** Metres of the unit in an argument; NaN after replying that there is no such unit. */
export function parseUnit(call: ReadCall, index: number): number {
  if (call.is(index, M)) return 1;
  if (call.is(index, KM)) return 1000;
  if (call.is(index, FT)) return 0.3048;
  if (call.is(index, MI)) return 1609.34;
  call.reply.error(UNSUPPORTED_UNIT);
  return Number.NaN;
}

/** Leaves the longitude in argument `index` and the latitude behind it in place[0] and place[1]; false after replying. */
export function parsePlace(call: ReadCall, index: number, place: Float64Array): boolean {
  const { bytes, starts, ends } = call;
  const longitude = parseDouble(bytes, starts[index]!, ends[index]!);
  const latitude = Number.isNaN(longitude) ? longitude : parseDouble(bytes, starts[index + 1]!, ends[index + 1]!);
  if (Number.isNaN(latitude)) {
    call.reply.error(NOT_A_FLOAT);
    return false;
  }
  if (!isPlace(longitude, latitude)) {
    call.reply.errorText(`ERR invalid longitude,latitude pair ${sixDigits(longitude)},${sixDigits(latitude)}`);
    return false;
  }
  place[0] = longitude;
  place[1] = latitude;
  return true;
}

/** As C's %f prints it. */
function sixDigits(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  // Beyond, toFixed has no digits; a double is an integer there.
  return Math.abs(value) < 1e21 ? `${Object.is(value, -0) ? '-' : ''}${value.toFixed(6)}` : `${BigInt(value)}.000000`;
}

const POINT = 46;
const ZERO = 48;
const distance = new Uint8Array(32);

/** Replies a distance with four digits behind the point. */
export function replyDistance(call: ReadCall, value: number): void {
  const scaled = value * 10_000;
  let rounded = Math.round(scaled);
  // The middle goes to the even neighbour.
  if (rounded - scaled === 0.5 && rounded % 2 !== 0) rounded--;
  const whole = Math.floor(rounded / 10_000);
  let rest = rounded - whole * 10_000;
  const point = writeInteger(whole, distance, 0);
  distance[point] = POINT;
  for (let at = point + 4; at > point; at--) {
    distance[at] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  call.reply.bulk(distance, 0, point + 5);
}

/** Replies a pair of coordinates. */
export function replyPlace({ reply }: ReadCall, place: Float64Array): void {
  reply.array(2);
  reply.double(place[0]!);
  reply.double(place[1]!);
}
