// LOLWUT: a picture, for the joy of it. Each version of Redis that has a form of its own draws something else, and so do
// ours: 5 draws crystals with dots of Braille, 6 a coast at night in four greys, 8 writes a verse.

import { toLatin1, utf8 } from '../../lib/bytes.ts';
import type { Prng } from '../../lib/prng.ts';
import { type Call, type ReadCall, word } from '../call.ts';
import { integer, multiple, optional, read, reply } from '../command.ts';

const VERSION = word('VERSION');

/** Characters of a line, and lines; crystals of a row, and rows: a picture takes some 10 ms, in which nobody else is served. */
const SIDE_MAX = 250;
const CRYSTALS_MAX = 60;

/** Numbers behind VERSION n: `defaults` in their place, brought between 1 and `most`. Null after replying that one is none. */
function sizes(call: ReadCall, from: number, defaults: readonly number[], most: readonly number[]): number[] | null {
  const found = [];
  for (const [place, value] of defaults.entries()) {
    const index = from + place;
    const given = index < call.count ? call.clampedInteger(index) : value;
    if (Number.isNaN(given)) return null;
    found.push(Math.min(most[place]!, Math.max(1, given)));
  }
  return found;
}

/** Dots in characters of Braille, each two dots wide and four high. */
class Canvas {
  private readonly columns: number;
  private readonly rows: number;
  private readonly cells: Uint8Array;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.cells = new Uint8Array(columns * rows);
  }

  dot(x: number, y: number): void {
    const column = x >> 1;
    const row = y >> 2;
    if (x < 0 || y < 0 || column >= this.columns || row >= this.rows) return;
    const low = y & 3;
    // The lowest pair of dots came to Braille later, and has the highest bits.
    const bit = low === 3 ? 6 + (x & 1) : low + (x & 1) * 3;
    this.cells[row * this.columns + column]! |= 1 << bit;
  }

  line(fromX: number, fromY: number, toX: number, toY: number): void {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY))));
    for (let step = 0; step <= steps; step++) {
      const part = step / steps;
      this.dot(Math.round(fromX + (toX - fromX) * part), Math.round(fromY + (toY - fromY) * part));
    }
  }

  text(): string {
    let text = '';
    for (let row = 0; row < this.rows; row++) {
      const line = this.cells.subarray(row * this.columns, (row + 1) * this.columns);
      text += `${String.fromCharCode(...Array.from(line, (cell) => 0x2800 + cell))}\n`;
    }
    return text;
  }
}

function fraction(prng: Prng): number {
  return prng.below(1 << 20) / (1 << 20);
}

/** Rows of crystals, the first in order, the last as they fell. */
function crystals(prng: Prng, columns: number, perRow: number, rows: number): string {
  const size = Math.max(1, (columns * 2) / perRow);
  const height = Math.min(SIDE_MAX, Math.ceil((rows * size) / 4));
  const canvas = new Canvas(columns, height);
  for (let row = 0; row < rows && row * size < height * 4; row++) {
    const disorder = rows === 1 ? 0 : row / (rows - 1);
    for (let column = 0; column < perRow; column++) {
      const corners = 3 + prng.below(4);
      const turn = disorder * fraction(prng) * Math.PI;
      const x = (column + 0.5 + (fraction(prng) - 0.5) * disorder) * size;
      const y = (row + 0.5 + (fraction(prng) - 0.5) * disorder) * size;
      const radius = size * (0.45 - 0.2 * disorder * fraction(prng));
      for (let corner = 0; corner < corners; corner++) {
        const from = turn + (corner / corners) * Math.PI * 2;
        const to = turn + ((corner + 1) / corners) * Math.PI * 2;
        canvas.line(
          x + Math.sin(from) * radius,
          y - Math.cos(from) * radius,
          x + Math.sin(to) * radius,
          y - Math.cos(to) * radius,
        );
      }
    }
  }
  return canvas.text();
}

/** Black, dark, light, white: letters and ground of terminals. */
const GREYS = ['0;30;40', '0;90;100', '0;37;47', '0;97;107'];

/** Hills before a night sky, the moon, and its light on the water. */
function coast(prng: Prng, columns: number, rows: number): string {
  const shore = Math.ceil(rows * 0.7);
  const moonX = prng.below(columns);
  const moonY = prng.below(Math.max(1, shore >> 1));
  const moonSize = Math.max(1, rows / 8);
  const hills: number[] = [];
  let height = shore * fraction(prng) * 0.5;
  for (let x = 0; x < columns; x++) {
    height = Math.min(shore * 0.6, Math.max(0, height + (fraction(prng) - 0.5) * 2));
    hills.push(height);
  }
  let text = '';
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const isMoon = Math.hypot((x - moonX) / 2, y - moonY) < moonSize;
      let grey = isMoon ? 3 : 0;
      if (!isMoon && y < shore && prng.below(60) === 0) grey = 2;
      if (y < shore && shore - y <= hills[x]!) grey = 1;
      if (y >= shore) grey = Math.abs(x - moonX) <= prng.below(3 + (y - shore)) ? 2 : prng.below(12) === 0 ? 1 : 0;
      text += `\x1b[${GREYS[grey]}m \x1b[0m`;
    }
    text += '\n';
  }
  return text;
}

const OPENINGS = [
  'Red earth',
  'A key in the dark',
  'The slow tide',
  'One bit of snow',
  'An old name',
  'The last packet',
];
const DEEDS = ['waits for', 'forgets', 'is written beside', 'answers', 'counts', 'outlives'];
const THINGS = [
  'the morning',
  'its own echo',
  'a lost river',
  'every door',
  'what was said once',
  'the sleeping clock',
];
const CLOSINGS = [
  'and nobody asks.',
  'until it expires.',
  'in constant time.',
  'without a copy.',
  'as if it were new.',
];

function verse(prng: Prng): string {
  const pick = (words: readonly string[]) => words[prng.below(words.length)]!;
  let text = '';
  for (let line = 0; line < 3; line++) text += `${pick(OPENINGS)} ${pick(DEEDS)} ${pick(THINGS)},\n`;
  return `${text}${pick(CLOSINGS)}\n`;
}

/** The picture of a version, and what stands below it; null after replying an error. */
function draw(call: ReadCall, version: number, from: number): string | null {
  if (version === 5) {
    const numbers = sizes(call, from, [66, 8, 12], [SIDE_MAX, CRYSTALS_MAX, CRYSTALS_MAX]);
    if (numbers === null) return null;
    const [columns, perRow, rows] = numbers as [number, number, number];
    return `${crystals(call.prng, columns, perRow, rows)}\nCrystals of cinnabar, as they were laid down and as they fell. `;
  }
  if (version === 6) {
    const numbers = sizes(call, from, [80, 20], [SIDE_MAX, SIDE_MAX]);
    if (numbers === null) return null;
    const [columns, rows] = numbers as [number, number];
    return `${coast(call.prng, columns, rows)}\nA coast at night, for those who keep watch. `;
  }
  return version === 8 ? `${verse(call.prng)}\n` : '';
}

/**
 *     > LOLWUT VERSION 1
 *     "Redis ver. 7.4.1\n"
 */
export const lolwut = read(
  'LOLWUT',
  {
    group: 'server',
    summary: 'Draws a picture, and tells the version.',
    since: '5.0.0',
    complexity: 'O(N), N being the size of the picture.',
    args: [optional(integer('version', { token: 'VERSION' })), optional(multiple(integer('size')))],
    arity: -1,
    replies: [reply.verbatim('the picture')],
    flags: ['fast'],
  },
  function lolwut(call) {
    const reported = (call as Call).engine.identity.version;
    let version = Number.parseInt(reported, 10);
    let from = 1;
    if (call.count > 2 && call.is(1, VERSION)) {
      version = call.clampedInteger(2);
      from = 3;
      if (Number.isNaN(version)) return;
    }
    const picture = draw(call, version, from);
    if (picture === null) return;
    const bytes = utf8(`${picture}Redis ver. ${reported}\n`);
    call.reply.verbatim('txt', toLatin1(bytes, 0, bytes.length));
  },
);
