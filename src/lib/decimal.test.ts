import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from './bytes.ts';
import { DOUBLE_BYTES_MAX, formatDouble, formatDouble17, parseDouble, writeDouble } from './decimal.ts';
import { Prng } from './prng.ts';

function parse(text: string): number {
  const bytes = fromLatin1(`9${text}9`);
  return parseDouble(bytes, 1, bytes.length - 1);
}

/** ZADD z <text> m, then ZSCORE: what redis-server 7.0.15 made of it; NaN is "not a valid float". */
const PARSED: readonly [string, number][] = [
  ['0', 0],
  ['-0', -0],
  ['1', 1],
  ['-1', -1],
  ['+1', 1],
  ['1.5', 1.5],
  ['.5', 0.5],
  ['5.', 5],
  ['.', Number.NaN],
  ['-', Number.NaN],
  ['+', Number.NaN],
  ['', Number.NaN],
  [' 1', Number.NaN],
  ['1 ', Number.NaN],
  ['\t1', Number.NaN],
  ['1e5', 100000],
  ['1E5', 100000],
  ['1e+5', 100000],
  ['1e-5', 1.0000000000000001e-5],
  ['1e', Number.NaN],
  ['1e+', Number.NaN],
  ['e5', Number.NaN],
  ['0x10', 16],
  ['0X1P4', 16],
  ['0x1.8', 1.5],
  ['0x.8p1', 1],
  ['0x', Number.NaN],
  ['0xg', Number.NaN],
  ['0x1p', Number.NaN],
  ['-0x10', -16],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['INF', Number.POSITIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['infinit', Number.NaN],
  ['nan', Number.NaN],
  ['NaN', Number.NaN],
  ['-nan', Number.NaN],
  ['nan(1)', Number.NaN],
  ['1e308', 1e308],
  ['1.7976931348623157e308', 1.7976931348623157e308],
  ['1.7976931348623159e308', Number.NaN],
  ['1e309', Number.NaN],
  ['1e400', Number.NaN],
  ['-1e400', Number.NaN],
  ['1e-308', 9.9999999999999991e-309],
  ['5e-324', 4.9406564584124654e-324],
  ['2.5e-324', 4.9406564584124654e-324],
  ['2.4e-324', Number.NaN],
  ['1e-400', Number.NaN],
  ['0e-999', 0],
  ['0e999', 0],
  ['0.000000000000000000000000000000', 0],
  ['00001', 1],
  ['01.50', 1.5],
  ['1_0', Number.NaN],
  ['1,0', Number.NaN],
  ['1e1e1', Number.NaN],
  ['1.2.3', Number.NaN],
  ['--1', Number.NaN],
  ['1-', Number.NaN],
  ['9007199254740993', 9007199254740992],
  ['9007199254740992.5', 9007199254740992],
  ['9007199254740993.00000000000000000001', 9007199254740994],
  ['123456789012345', 123456789012345],
  ['1234567890123456', 1234567890123456],
  ['0.1', 0.10000000000000001],
  ['0.30000000000000004', 0.30000000000000004],
  ['99999999999999.9', 99999999999999.906],
  ['1e23', 9.9999999999999992e22],
  ['8.5', 8.5],
  ['0x1p-1074', 4.9406564584124654e-324],
  ['0x1p-1075', Number.NaN],
  ['0x1.8p-1075', 4.9406564584124654e-324],
  ['0x1.fffffffffffff8p1023', Number.NaN],
  ['0x1.fffffffffffff7p1023', 1.7976931348623157e308],
  ['0x1.00000000000008p0', 1],
  ['0x1.00000000000018p0', 1.0000000000000004],
  ['1d5', Number.NaN],
  ['1f', Number.NaN],
  ['true', Number.NaN],
  ['Ù¡', Number.NaN],
  ['1e99999999999999999999', Number.NaN],
  ['1e-99999999999999999999', Number.NaN],
];

test('parseDouble reads what redis-server reads', () => {
  for (const [text, value] of PARSED) assert.ok(Object.is(parse(text), value), `${text}: ${parse(text)}`);
});

test('parseDouble is right to the last bit for numbers of any length', () => {
  const half = '9007199254740993';
  assert.equal(parse(`${half}.${'0'.repeat(20_000)}`), 9007199254740992);
  assert.equal(parse(`${half}.${'0'.repeat(20_000)}1`), 9007199254740994);
  assert.equal(parse(`${'0'.repeat(50_000)}1.5`), 1.5);
  assert.equal(parse(`0.${'0'.repeat(50_000)}15e50001`), 1.5);
  assert.equal(parse(`15${'0'.repeat(50_000)}e-50001`), 1.5);
  assert.equal(parse(`0x${'0'.repeat(20_000)}1.8`), 1.5);
  assert.equal(parse(`0x18${'0'.repeat(20_000)}p-80004`), 1.5);
  assert.equal(parse(`0x1.00000000000008${'0'.repeat(20_000)}1`), 1.0000000000000002);
});

test('parseDouble is right to the last bit for plain decimals of 16 to 19 digits, in the middle of two doubles too', () => {
  const seed = Date.now() % 1_000_000_007;
  const prng = new Prng(seed);
  const check = (text: string) => assert.ok(Object.is(parse(text), Number(text)), `${text} (seed ${seed})`);
  for (let round = 0; round < 20_000; round++) {
    const length = 16 + prng.below(4);
    let digits = '';
    while (digits.length < length) digits += prng.below(10);
    const point = prng.below(length);
    check(`-${digits.slice(0, point)}.${digits.slice(point)}`);
    const middle = String(2n ** 53n + BigInt(prng.below(2 ** 50)) * 2n + 1n);
    const fraction = 1 + prng.below(12);
    check(middle);
    check(`${middle.slice(0, -fraction)}.${middle.slice(-fraction)}`);
    check(`${String(prng.below(2 ** 50) + 0.5)}${'0'.repeat(prng.below(4))}`);
  }
});

test('parseDouble reads back every double that is printed', () => {
  const seed = 20_241_018;
  const random = new Prng(seed);
  const words = new Int32Array(2);
  const doubles = new Float64Array(words.buffer);
  for (let i = 0; i < 20_000; i++) {
    words[0] = random.next32();
    words[1] = random.next32();
    const x = doubles[0]!;
    if (!Number.isFinite(x)) continue;
    for (const text of [String(x), formatDouble(x), formatDouble17(x), x.toExponential()]) {
      assert.ok(Object.is(parse(text), x), `seed ${seed}: ${text}`);
    }
    const decimal = (1 + random.below(10 ** 9)) / 10 ** random.below(9);
    assert.ok(Object.is(parse(String(decimal)), decimal), `seed ${seed}: ${decimal}`);
  }
});

/** What Redis's number printer gives (deps/fpconv as of Redis 7.2), generated by running it. */
const PRINTED: readonly [number, string][] = [
  [0.1, '0.1'],
  [0.2, '0.2'],
  [0.30000000000000004, '0.30000000000000004'],
  [0.5, '0.5'],
  [1.5, '1.5'],
  [-1.5, '-1.5'],
  [2.14159, '2.14159'],
  [0.6666666666666666, '0.6666666666666666'],
  [0.3333333333333333, '0.3333333333333333'],
  [100.25, '100.25'],
  [-0.001, '-0.001'],
  [0.0001, '0.0001'],
  [0.00001, '0.00001'],
  [0.000001, '0.000001'],
  [1e-7, '1e-7'],
  [1.5e-7, '1.5e-7'],
  [1e-8, '1e-8'],
  [0.000001234567890123, '1.234567890123e-6'],
  [12345.678901234567, '1.2345678901234567e+4'],
  [123456.7890123456, '1.234567890123456e+5'],
  [19641.39999999467, '1.9641399999994672e+4'],
  [4328.150000000001, '4328.1500000000005'],
  [217.61815, '217.61815000000001'],
  [398.0404259814309, '398.04042598143087'],
  [1700573063.400509, '1.7005730634005091e+9'],
  [100000000000000000000, '1e+20'],
  [1e21, '1e+21'],
  [647810000000000000000, '647809999999999900000'],
  [42317783000000000000, '42317783000000004000'],
  [9.034e21, '9033999999999999000000'],
  [8e23, '7.999999999999999e+23'],
  [1e22, '1e+22'],
  [1e23, '99999999999999990000000'],
  [123456789012345680000, '123456789012345680000'],
  [12345678901234567000, '12345678901234567000'],
  [5000000000000000000, '5e+18'],
  [4611686018427390000, '4611686018427390000'],
  [-4611686018427390000, '-4611686018427390000'],
  [9223372036854776000, '9223372036854776000'],
  [18446744073709552000, '18446744073709552000'],
  [1.1805916207174113e21, '1180591620717411300000'],
  [1e100, '1e+100'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [5e-324, '5e-324'],
  [5e-323, '5e-323'],
  [2.2250738585072014e-308, '2.2250738585072014e-308'],
  [2.225073858507201e-308, '2.225073858507201e-308'],
  [1e-300, '1e-300'],
  [1e300, '1e+300'],
  [-1e-310, '-1e-310'],
  [2251799813685247.8, '2251799813685247.7'],
  [562949953421312.8, '562949953421312.7'],
  [281474976710654.12, '281474976710654.13'],
  [0.2879886568698172, '0.28798865686981717'],
  [2089.7691040039062, '2089.7691040039063'],
  [Math.PI, '3.141592653589793'],
  [Math.E, '2.718281828459045'],
  [31415926535.89793, '31415926535.89793'],
  [0.000031415926535897935, '3.1415926535897935e-5'],
  [99999999999999.98, '99999999999999.98'],
  [0.00003, '0.00003'],
  [1.1, '1.1'],
  [2.2, '2.2'],
  [3.3, '3.3'],
  [33.333333333333336, '33.333333333333336'],
  [5.626346915954266e-221, '5.626346915954266e-221'],
  [50.123897394978364, '50.123897394978364'],
  [1.0000000000000002, '1.0000000000000002'],
  [0.9999999999999999, '0.9999999999999999'],
  [3.5e-323, '3.5e-323'],
  [2.225073858507201e-308, '2.225073858507201e-308'],
];

test('formatDouble prints fractions and large numbers as Redis 7.2 does', () => {
  for (const [x, text] of PRINTED) {
    assert.equal(formatDouble(x), text);
    if (x > 0) assert.equal(formatDouble(-x), `-${text}`);
  }
});

test('formatDouble prints whole numbers in full up to 2^62', () => {
  assert.equal(formatDouble(0), '0');
  assert.equal(formatDouble(-0), '-0');
  assert.equal(formatDouble(1e6), '1000000');
  assert.equal(formatDouble(-123), '-123');
  assert.equal(formatDouble(1e17), '100000000000000000');
  assert.equal(formatDouble(2 ** 53 + 2), '9007199254740994');
  assert.equal(formatDouble(2 ** 62), '4611686018427387904');
  assert.equal(formatDouble(-(2 ** 62)), '-4611686018427387904');
  assert.equal(formatDouble(2 ** 63), '9223372036854776000');
});

test('formatDouble names what is not finite', () => {
  assert.equal(formatDouble(Number.POSITIVE_INFINITY), 'inf');
  assert.equal(formatDouble(Number.NEGATIVE_INFINITY), '-inf');
  assert.equal(formatDouble(Number.NaN), 'nan');
});

test('writeDouble stays within DOUBLE_BYTES_MAX', () => {
  const bytes = new Uint8Array(64);
  let longest = 0;
  for (const [x] of PRINTED) longest = Math.max(longest, writeDouble(-x, bytes, 8) - 8);
  assert.ok(longest <= DOUBLE_BYTES_MAX);
  const end = writeDouble(-1.5, bytes, 3);
  assert.equal(toLatin1(bytes, 3, end), '-1.5');
});

/** printf("%.17g"), from glibc. */
const PRINTED_17: readonly [number, string][] = [
  [0, '0'],
  [-0, '-0'],
  [0.1, '0.10000000000000001'],
  [3, '3'],
  [3.14, '3.1400000000000001'],
  [-2.5, '-2.5'],
  [100, '100'],
  [1e16, '10000000000000000'],
  [1e17, '1e+17'],
  [123456789012345680, '1.2345678901234568e+17'],
  [1e-4, '0.0001'],
  [1e-5, '1.0000000000000001e-05'],
  [1e100, '1e+100'],
  [1e-308, '9.9999999999999991e-309'],
  [5e-324, '4.9406564584124654e-324'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [0.5, '0.5'],
  [99999999999999.98, '99999999999999.984'],
  [9.999999999999999e22, '9.9999999999999992e+22'],
  [2 ** 50 + 0.25, '1125899906842624.2'],
  [2 ** 50 + 0.75, '1125899906842624.8'],
  [Number.POSITIVE_INFINITY, 'inf'],
  [Number.NEGATIVE_INFINITY, '-inf'],
  [Number.NaN, 'nan'],
];

test('formatDouble17 prints as %.17g, ties to even', () => {
  for (const [x, text] of PRINTED_17) assert.equal(formatDouble17(x), text);
});
