import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from './bytes.ts';
import { addLongDouble, formatLongDouble, type LongDouble, parseLongDouble } from './long-double.ts';

function parse(text: string): LongDouble | null {
  const bytes = fromLatin1(`<${text}>`);
  return parseLongDouble(bytes, 1, bytes.length - 1);
}

function add(a: string, b: string): string {
  const first = parse(a);
  const second = parse(b);
  if (first === null || second === null) return 'refused';
  const sum = addLongDouble(first, second);
  return sum.kind === 'finite' ? formatLongDouble(sum) : 'not finite';
}

/** SET k a, INCRBYFLOAT k b: what redis-server 7.0.15 on x86-64 replied; 'refused' is "not a valid float". */
const SUMS: readonly [string, string, string][] = [
  ['0', '0', '0'],
  ['3', '1.1', '4.1'],
  ['10.50', '0.1', '10.6'],
  ['5.0e3', '200', '5200'],
  ['1', '-1', '0'],
  ['-1', '1', '0'],
  ['-0', '0', '0'],
  ['-0', '-0', '0'],
  ['0', '-0', '0'],
  ['0.1', '0.2', '0.3'],
  ['1000000', '0.1', '1000000.10000000000002274'],
  ['1e15', '0.1', '1000000000000000.0999755859375'],
  ['1e17', '0.1', '100000000000000000.1015625'],
  ['1e19', '1', '10000000000000000001'],
  ['1e20', '1', '100000000000000000000'],
  ['123456789012345678', '0.5', '123456789012345678.5'],
  ['9223372036854775807', '1', '9223372036854775808'],
  ['-9223372036854775808', '-1', '-9223372036854775809'],
  ['18446744073709551615', '1', '18446744073709551616'],
  ['18446744073709551616', '1', '18446744073709551616'],
  ['18446744073709551616', '2', '18446744073709551618'],
  ['1e-17', '0', '0.00000000000000001'],
  ['5e-18', '0', '0'],
  ['4.9e-18', '0', '0'],
  ['5.1e-18', '0', '0.00000000000000001'],
  ['-5e-18', '0', '0'],
  ['-5.1e-18', '0', '-0.00000000000000001'],
  ['1e-18', '1e-18', '0'],
  ['0.5', '-0.49999999999999999', '0.00000000000000001'],
  ['1.00000000000000000001', '0', '1'],
  ['1.000000000000000000054', '0', '1'],
  ['0x10', '1', '17'],
  ['0x1.8p1', '0.5', '3.5'],
  ['-0x.8', '0', '-0.5'],
  ['0X1P-3', '0', '0.125'],
  ['+5', '+6', '11'],
  ['.5', '5.', '5.5'],
  ['1.19e4932', '0', 'refused'],
  ['1e4932', '1e4932', 'not finite'],
  ['1.1e4932', '1.1e4932', 'not finite'],
  ['-1.1e4932', '-1.1e4932', 'not finite'],
  ['1e4933', '0', 'refused'],
  ['1e-4950', '1', '1'],
  ['1e-4951', '1', 'refused'],
  ['1e-4960', '1', 'refused'],
  ['inf', '1', 'not finite'],
  ['-inf', 'inf', 'not finite'],
  ['Infinity', '0', 'not finite'],
  ['nan', '0', 'refused'],
  ['', '1', 'refused'],
  [' 1', '1', 'refused'],
  ['1 ', '1', 'refused'],
  ['1.2.3', '1', 'refused'],
  ['1e', '1', 'refused'],
  ['1e+', '1', 'refused'],
  ['e5', '1', 'refused'],
  ['.', '1', 'refused'],
  ['-', '1', 'refused'],
  ['+', '1', 'refused'],
  ['--1', '1', 'refused'],
  ['0x', '1', 'refused'],
  ['0xg', '1', 'refused'],
  ['0x1p', '1', 'refused'],
  ['1_000', '1', 'refused'],
  ['1,5', '1', 'refused'],
  ['0e99999', '1', '1'],
  ['1e99999999999999999999', '1', 'refused'],
  ['1e-99999999999999999999', '1', 'refused'],
  ['3.14159265358979323846264338327950288', '2.71828182845904523536028747135266249', '5.85987448204883847'],
  ['99999999999999999.99', '0.01', '100000000000000000'],
  ['4503599627370496.5', '0.25', '4503599627370496.75'],
  ['9007199254740993', '0', '9007199254740993'],
  ['0.30000000000000004', '0', '0.30000000000000004'],
  ['1e-5', '1e-6', '0.000011'],
  ['100', '-99.99', '0.01'],
  ['1.1', '2.2', '3.3'],
  ['2.675', '0', '2.675'],
  ['179769313486231570000', '0.5', '179769313486231570000'],
  ['16777217.125', '-0.0625', '16777217.0625'],
];

test('INCRBYFLOAT adds as redis-server does', () => {
  for (const [a, b, sum] of SUMS) assert.equal(add(a, b), sum, `${a} + ${b}`);
});

test('large numbers are printed in full', () => {
  assert.equal(add('1e4931', '0').length, 4932);
  assert.equal(add('1.18973149535723176502e4932', '0').length, 4933);
  assert.match(add('1e100', '0'), /^99999999999999999996[0-9]{80}$/);
});

test('a sum of one number and zero reads back as the same number', () => {
  for (const text of ['1.5', '-273.15', '1000000.1', '0.00000000000000001']) {
    const once = add(text, '0');
    assert.equal(add(once, '0'), once);
  }
});

test('halves are rounded to even, in the mantissa and in the 17 digits', () => {
  // 2^64 + 1 lies between two long doubles; so does 2^64 + 3.
  assert.equal(add('18446744073709551617', '0'), '18446744073709551616');
  assert.equal(add('18446744073709551619', '0'), '18446744073709551620');
  assert.equal(add('0.000000000000000003814697265625', '0.5'), '0.5');
});

test('text longer than 5119 bytes is refused', () => {
  assert.notEqual(parse(`1${'0'.repeat(4000)}.${'0'.repeat(1117)}`), null);
  assert.equal(parse(`1.${'0'.repeat(5118)}`), null);
});

test('the smallest denormal survives, half of it does not', () => {
  assert.equal(parse('0x1p-16445')?.mantissa, 1n);
  assert.equal(parse('0x1p-16446'), null);
  assert.equal(parse('0x1.8p-16446')?.mantissa, 1n);
  assert.equal(parse('0x1p16384'), null);
  assert.equal(parse('0x1p16383')?.mantissa, 2n ** 63n);
});

test('hostile exponents cost nothing', () => {
  for (const text of ['1e999999999999', '1e-999999999999', '0x1p999999999999', '0x1p-999999999999']) {
    assert.equal(parse(text), null);
  }
});
