// Generated data sets: keys of every type, of sizes around what the encodings hold, with odd names and values, in several
// databases. As commands, so that any server takes them.

import type { Prng } from '../../src/lib/prng.ts';

const FAR = 32_503_680_000_000;
const TEXTS = [
  '',
  '0',
  '-1',
  '127',
  '128',
  '-129',
  '32768',
  '2147483648',
  '-9223372036854775808',
  '9223372036854775807',
  '9223372036854775808',
  '007',
  '1.5',
  'a',
  '\0\r\n\xff',
  '__proto__',
  'x'.repeat(63),
  'y'.repeat(64),
  'z'.repeat(65),
];
/** Without -0, which packs of 7.2 and later keep as 0. */
const SCORES = ['0', '1', '-1', '1.5', '0.1', '3.3333333333333335', '1e300', '-1e-300', 'inf', '-inf', '123456789'];

export class DataSetGenerator {
  private readonly prng: Prng;

  constructor(prng: Prng) {
    this.prng = prng;
  }

  oneIn(n: number): boolean {
    return this.prng.below(n) === 0;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.prng.below(values.length)]!;
  }

  /** A number of elements: mostly few, sometimes some hundred. */
  private size(): number {
    if (this.oneIn(40)) return 500 + this.prng.below(300);
    return this.oneIn(6) ? 100 + this.prng.below(80) : 1 + this.prng.below(10);
  }

  /** A text: an odd one, a number, a compressible one, a random one, seldom a long one. */
  private text(): string {
    switch (this.prng.below(6)) {
      case 0:
        return this.pick(TEXTS);
      case 1:
        return String(this.prng.below(200_000) - 100_000);
      case 2:
        return 'ab'.repeat(this.prng.below(60));
      case 3:
        return this.oneIn(40) ? this.noise(3000 + this.prng.below(20_000)) : this.noise(this.prng.below(300));
      default:
        return this.noise(this.prng.below(20));
    }
  }

  private noise(length: number): string {
    return Array.from({ length }, () => String.fromCharCode(this.prng.below(256))).join('');
  }

  private texts(count: number): string[] {
    return Array.from({ length: count }, () => this.text());
  }

  /** Commands that make the data set: 3 to 25 keys. */
  *commands(): Generator<readonly string[]> {
    const keys = 3 + this.prng.below(23);
    for (let index = 0; index < keys; index++) {
      if (this.oneIn(10)) yield ['SELECT', this.pick(['0', '1', '15'])];
      const key = this.oneIn(10) ? `${this.text()}${index}` : `key:${index}`;
      yield* this.key(key);
      if (this.oneIn(4)) yield ['PEXPIREAT', key, String(FAR + this.prng.below(1_000_000))];
    }
    yield ['SELECT', '0'];
  }

  private *key(key: string): Generator<readonly string[]> {
    const { prng } = this;
    switch (prng.below(7)) {
      case 0:
        yield ['SET', key, this.text()];
        if (this.oneIn(5)) yield ['APPEND', key, this.text()];
        return;
      case 1:
        yield ['RPUSH', key, ...this.texts(this.size())];
        if (this.oneIn(4)) yield ['LPUSH', key, ...this.texts(this.size())];
        return;
      case 2:
        yield ['SADD', key, ...this.texts(this.size())];
        return;
      case 3:
        yield ['SADD', key, ...Array.from({ length: this.size() }, () => this.wholeNumber())];
        return;
      case 4:
        yield ['HSET', key, ...this.texts(this.size() * 2)];
        return;
      case 5:
        yield ['ZADD', key, ...this.texts(this.size()).flatMap((member) => [this.score(), member])];
        return;
      default:
        yield* this.stream(key);
    }
  }

  private wholeNumber(): string {
    const { prng } = this;
    const bits = this.pick([7, 15, 31, 52]);
    return String(prng.below(2 ** bits) - (this.oneIn(2) ? 2 ** (bits - 1) : 0));
  }

  private score(): string {
    if (this.oneIn(3)) return this.pick(SCORES);
    return String((this.prng.below(2_000_001) - 1_000_000) / this.pick([1, 10, 7]));
  }

  private *stream(key: string): Generator<readonly string[]> {
    const { prng } = this;
    const entries = this.size();
    let time = prng.below(3) === 0 ? 0 : 1_700_000_000_000;
    let sequence = 0;
    for (let index = 0; index < entries; index++) {
      if (this.oneIn(3)) sequence += 1 + prng.below(3);
      else {
        time += 1 + prng.below(100_000);
        sequence = prng.below(3);
      }
      const fields = this.oneIn(6) ? this.texts(2 * (1 + prng.below(4))) : ['name', this.text(), 'value', this.text()];
      yield ['XADD', key, `${time}-${sequence}`, ...fields];
      if (this.oneIn(20)) yield ['XDEL', key, `${time}-${sequence}`];
    }
    if (this.oneIn(6)) yield ['XTRIM', key, 'MAXLEN', String(prng.below(entries + 1))];
    for (let group = prng.below(3); group > 0; group--) yield* this.group(key, `group ${group}`);
  }

  private *group(key: string, group: string): Generator<readonly string[]> {
    const { prng } = this;
    yield [
      'XGROUP',
      'CREATE',
      key,
      group,
      this.pick(['0', '$', '5-5']),
      ...(this.oneIn(3) ? ['ENTRIESREAD', '3'] : []),
    ];
    for (let consumer = prng.below(4); consumer > 0; consumer--) {
      const name = this.oneIn(4) ? this.text() : `consumer ${consumer}`;
      const count = String(1 + prng.below(300));
      if (this.oneIn(4)) yield ['XGROUP', 'CREATECONSUMER', key, group, name];
      else yield ['XREADGROUP', 'GROUP', group, name, 'COUNT', count, 'STREAMS', key, '>'];
      if (this.oneIn(2)) yield ['XREADGROUP', 'GROUP', group, name, 'COUNT', count, 'STREAMS', key, '0'];
    }
  }
}
