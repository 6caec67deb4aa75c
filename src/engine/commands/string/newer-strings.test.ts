// The string commands that redis-server 7.0 does not have: SET's conditions on the value, DIGEST, DELEX, MSETEX, INCREX.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, START } from '../../../../tests/support/engine-harness.ts';

/** Runs lines of words ('' as "") and compares each reply in raw bytes; a reply of null is not looked at. */
function check(cases: readonly (readonly [string, string | null])[], harness = new EngineHarness()): EngineHarness {
  for (const [line, expected] of cases) {
    const reply = harness.run(...line.split(' ').map((word) => (word === '""' ? '' : word)));
    if (expected !== null) assert.equal(reply, expected, line);
  }
  return harness;
}

const OK = '+OK\r\n';
const NIL = '$-1\r\n';
const SYNTAX = '-ERR syntax error\r\n';
const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const pair = (value: number | string, applied: number | string) => `*2\r\n:${value}\r\n:${applied}\r\n`;
const HELLO_DIGEST = '9555e8555c62dcfd';
const BAD_DIGEST = '-ERR must be exactly 16 hexadecimal characters\r\n';

describe('SET with a condition on the value', () => {
  it('compares with the value', () => {
    check([
      ['SET a hello', OK],
      ['SET a world IFEQ other', NIL],
      ['SET a world IFEQ hello', OK],
      ['SET a again ifne world', NIL],
      ['SET a again IFNE hello GET', bulk('world')],
      ['SET nosuch x IFEQ y', NIL],
      ['EXISTS nosuch', ':0\r\n'],
      ['SET nosuch x IFNE y', OK],
      ['SET n 123', OK],
      ['SET n 5 IFEQ 123', OK],
      ['SET e ""', OK],
      ['SET e x IFEQ ""', OK],
      ['SET a y IFEQ again EX 100', OK],
      ['TTL a', ':100\r\n'],
      ['SET a z IFEQ y KEEPTTL', OK],
      ['TTL a', ':100\r\n'],
    ]);
  });

  it('compares with the digest, in any case of its letters', () => {
    check([
      ['SET a hello', OK],
      [`SET a x IFDEQ ${'0'.repeat(16)}`, NIL],
      [`SET a x IFDNE ${HELLO_DIGEST}`, NIL],
      [`SET a x IFDEQ ${HELLO_DIGEST.toUpperCase()}`, OK],
      [`SET a hello IFDNE ${HELLO_DIGEST}`, OK],
    ]);
  });

  it('refuses a digest of another length where there is a value', () => {
    check([
      ['SET nosuch x IFDEQ 12', NIL],
      ['SET a hello', OK],
      ['SET a x IFDEQ 12 GET', BAD_DIGEST],
      [`SET a x IFDNE 0${HELLO_DIGEST}`, BAD_DIGEST],
      ['SET a x IFDEQ ""', BAD_DIGEST],
      ['GET a', bulk('hello')],
    ]);
  });

  it('takes one condition only', () => {
    check([
      ['SET a 1 IFEQ 1 NX', SYNTAX],
      ['SET a 1 XX IFNE 1', SYNTAX],
      ['SET a 1 IFEQ 1 IFNE 1', SYNTAX],
      ['SET a 1 IFEQ', SYNTAX],
    ]);
  });

  it('is propagated as a SET that every version knows', () => {
    const harness = check(
      [
        ['SET a 1', OK],
        ['SET a 2 IFEQ 1', OK],
        ['SET a 3 IFEQ 1', NIL],
        ['SET a 3 IFNE 1 KEEPTTL GET', bulk('2')],
      ],
      new EngineHarness({ propagation: true }),
    );
    assert.deepEqual(harness.takePropagated(), ['0 SET a 1', '0 SET a 2', '0 SET a 3 KEEPTTL']);
  });
});

describe('DIGEST and DELEX', () => {
  it('DIGEST tells 16 digits', () => {
    check([
      ['SET a hello', OK],
      ['DIGEST a', bulk(HELLO_DIGEST)],
      ['SET a ""', OK],
      ['DIGEST a', bulk('2d06800538d394c2')],
      ['SET a 123', OK],
      ['DIGEST a', bulk('404a763b3f4c8c9a')],
      ['SET a v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls2kwlj7626sd', OK],
      ['DIGEST a', bulk('00006c38adf31777')],
      ['DIGEST nosuch', NIL],
      ['DIGEST a b', "-ERR wrong number of arguments for 'digest' command\r\n"],
    ]);
  });

  it('DELEX deletes under its condition', () => {
    check([
      ['DELEX nosuch', ':0\r\n'],
      ['DELEX nosuch FOO bar', ':0\r\n'],
      ['SET a hello', OK],
      ['DELEX a IFEQ other', ':0\r\n'],
      ['DELEX a IFNE hello', ':0\r\n'],
      ['DELEX a IFDNE 9555e8555c62dcfd', ':0\r\n'],
      [`DELEX a IFDEQ ${HELLO_DIGEST}`, ':1\r\n'],
      ['SET a 12345', OK],
      ['DELEX a ifeq 12345', ':1\r\n'],
      ['SET a x', OK],
      ['DELEX a', ':1\r\n'],
      ['EXISTS a', ':0\r\n'],
    ]);
  });

  it('DELEX refuses what is no condition', () => {
    check([
      ['SET a hello', OK],
      ['DELEX a FOO hello', '-ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE\r\n'],
      ['DELEX a IFEQ', "-ERR wrong number of arguments for 'delex' command\r\n"],
      ['DELEX a IFEQ hello x', "-ERR wrong number of arguments for 'delex' command\r\n"],
      ['DELEX a IFDEQ 12', BAD_DIGEST],
      ['GET a', bulk('hello')],
    ]);
  });

  it('DELEX is propagated as DEL, and not when it deletes nothing', () => {
    const harness = check(
      [
        ['SET a 1', OK],
        ['DELEX a IFEQ 2', null],
        ['DELEX a IFEQ 1', null],
      ],
      new EngineHarness({ propagation: true }),
    );
    assert.deepEqual(harness.takePropagated(), ['0 SET a 1', '0 DEL a']);
  });
});

describe('MSETEX', () => {
  it('sets all or none, with one expiry', () => {
    check([
      ['MSETEX 2 a 1 b 2 EX 100', ':1\r\n'],
      ['TTL a', ':100\r\n'],
      ['TTL b', ':100\r\n'],
      ['MSETEX 1 a 3 KEEPTTL', ':1\r\n'],
      ['TTL a', ':100\r\n'],
      ['MSETEX 1 a 4', ':1\r\n'],
      ['TTL a', ':-1\r\n'],
      ['MSETEX 2 c 1 a 5 NX', ':0\r\n'],
      ['MSETEX 2 a 5 c 1 XX', ':0\r\n'],
      ['EXISTS c', ':0\r\n'],
      ['MSETEX 2 a 6 b 7 px 5000 xx', ':1\r\n'],
      ['PTTL b', ':5000\r\n'],
      ['MSETEX 2 x 1 x 2 NX', ':1\r\n'],
      ['GET x', bulk('2')],
      [`MSETEX 1 d 1 PXAT ${START + 7}`, ':1\r\n'],
      ['PTTL d', ':7\r\n'],
    ]);
  });

  it('refuses what does not add up', () => {
    check([
      ['MSETEX', "-ERR wrong number of arguments for 'msetex' command\r\n"],
      ['MSETEX k v ex 10', '-ERR invalid numkeys value\r\n'],
      ['MSETEX 0 k v', '-ERR invalid numkeys value\r\n'],
      ['MSETEX -1 k v', '-ERR invalid numkeys value\r\n'],
      ['MSETEX 2147483648 k v', '-ERR invalid numkeys value\r\n'],
      ['MSETEX 2147483647 k v', '-ERR wrong number of key-value pairs\r\n'],
      ['MSETEX 2 k v l', '-ERR wrong number of key-value pairs\r\n'],
      ['MSETEX 1 k v nosuch', SYNTAX],
      ['MSETEX 1 k v NX XX', SYNTAX],
      ['MSETEX 1 k v EX 1 PX 1', SYNTAX],
      ['MSETEX 1 k v KEEPTTL EX 1', SYNTAX],
      ['MSETEX 1 k v EX 1 KEEPTTL', SYNTAX],
      ['MSETEX 1 k v EX', SYNTAX],
      ['MSETEX 1 k v EX 0', "-ERR invalid expire time in 'msetex' command\r\n"],
      ['MSETEX 1 k v EX x', '-ERR value is not an integer or out of range\r\n'],
      ['EXISTS k', ':0\r\n'],
    ]);
  });

  it('is propagated in words that every version knows', () => {
    const harness = new EngineHarness({ propagation: true });
    check(
      [
        ['MSETEX 2 a 1 b 2 NX', null],
        ['MSETEX 2 a 1 b 2 EX 1', null],
        ['MSETEX 1 a 3 KEEPTTL', null],
      ],
      harness,
    );
    assert.deepEqual(harness.takePropagated(), [
      '0 MSET a 1 b 2',
      '-1 MULTI',
      `0 SET a 1 PXAT ${START + 1000}`,
      `0 SET b 2 PXAT ${START + 1000}`,
      '-1 EXEC',
      '0 SET a 3 KEEPTTL',
    ]);
  });
});

describe('INCREX with integers', () => {
  it('adds one, or what BYINT says', () => {
    check([
      ['INCREX a', pair(1, 1)],
      ['INCREX a BYINT 5', pair(6, 5)],
      ['INCREX a BYINT -10', pair(-4, -10)],
      ['INCREX a BYINT 0', pair(-4, 0)],
      ['OBJECT ENCODING a', bulk('int')],
    ]);
  });

  it('stays within its bounds, or at them with SATURATE', () => {
    check([
      ['SET a 10', OK],
      ['INCREX a BYINT 10 UBOUND 15', pair(10, 0)],
      ['INCREX a BYINT 10 UBOUND 15 SATURATE', pair(15, 5)],
      ['INCREX a BYINT -100 LBOUND 5', pair(15, 0)],
      ['INCREX a LBOUND 5 BYINT -100 SATURATE', pair(5, -10)],
      ['INCREX a BYINT 5 UBOUND 10', pair(10, 5)],
      ['INCREX n BYINT 15 UBOUND 10', pair(0, 0)],
      ['EXISTS n', ':0\r\n'],
      ['SET a 50', OK],
      ['INCREX a BYINT 5 UBOUND 30', pair(50, 0)],
      ['INCREX a BYINT -25 UBOUND 30', pair(25, -25)],
      ['SET a 50', OK],
      ['INCREX a BYINT 5 UBOUND 30 SATURATE', pair(30, -20)],
    ]);
  });

  it('stays within 64 bits', () => {
    check([
      ['SET a 9223372036854775800', OK],
      ['INCREX a BYINT 9223372036854775800', pair('9223372036854775800', 0)],
      ['INCREX a BYINT 9223372036854775800 SATURATE', pair('9223372036854775807', 7)],
      ['INCREX a BYINT 1 SATURATE UBOUND -9223372036854775808', '-ERR applied increment would overflow\r\n'],
      ['SET a -9223372036854775800', OK],
      ['INCREX a BYINT -9223372036854775800 SATURATE', pair('-9223372036854775808', -8)],
      ['SET a 9007199254740991', OK],
      ['INCREX a', pair('9007199254740992', 1)],
      ['INCREX a', pair('9007199254740993', 1)],
    ]);
  });

  it('refuses what is wrong and changes nothing', () => {
    const invalid = "-ERR invalid expire time in 'increx' command\r\n";
    check([
      ['INCREX', "-ERR wrong number of arguments for 'increx' command\r\n"],
      ...['FOO', 'BYINT', 'BYINT 1 BYFLOAT 1', 'BYINT 1 BYINT 2', 'LBOUND 0 LBOUND 1', 'UBOUND 1 UBOUND 1'].map(
        (rest) => [`INCREX k ${rest}`, SYNTAX] as const,
      ),
      ...[
        'SATURATE SATURATE',
        'EX 1 PX 1',
        'EX 1 EX 1',
        'PERSIST EX 1',
        'EX 1 PERSIST',
        'PERSIST PERSIST',
        'PERSIST ENX',
        'ENX ENX EX 1',
      ].map((rest) => [`INCREX k ${rest}`, SYNTAX] as const),
      ['INCREX k ENX', '-ERR ENX flag requires an expiration\r\n'],
      ['INCREX k BYINT 1.5', '-ERR Increment is not an integer or out of range\r\n'],
      ['INCREX k BYFLOAT abc', '-ERR Increment is not a valid float\r\n'],
      ['INCREX k BYFLOAT nan', '-ERR Increment is not a valid float\r\n'],
      ['INCREX k BYFLOAT inf', '-ERR BYFLOAT increment cannot be Infinity\r\n'],
      ['INCREX k LBOUND inf', '-ERR LBOUND is not an integer or out of range\r\n'],
      ['INCREX k UBOUND 1.5', '-ERR UBOUND is not an integer or out of range\r\n'],
      ['INCREX k BYFLOAT 1 LBOUND x', '-ERR LBOUND is not a valid float\r\n'],
      ['INCREX k LBOUND 10 UBOUND 5', "-ERR LBOUND can't be greater than UBOUND\r\n"],
      ['INCREX k EX 0', invalid],
      ['INCREX k PX -1', invalid],
      ['EXISTS k', ':0\r\n'],
      ['SET k hello', OK],
      ['INCREX k', '-ERR value is not an integer or out of range\r\n'],
      ['INCREX k BYFLOAT 1', '-ERR value is not a valid float\r\n'],
      ['SET k inf', OK],
      ['INCREX k BYFLOAT 1', '-ERR value cannot be Infinity\r\n'],
      ['GET k', bulk('inf')],
    ]);
  });
});

describe('INCREX with floats', () => {
  const floats = (value: string, applied: string) => `*2\r\n${bulk(value)}${bulk(applied)}`;

  it('adds exactly, within bounds', () => {
    check([
      ['INCREX a BYFLOAT 1.5', floats('1.5', '1.5')],
      ['INCREX a BYFLOAT 0.25', floats('1.75', '0.25')],
      ['INCREX a BYFLOAT 10 UBOUND 15.5 LBOUND 0', floats('11.75', '10')],
      ['INCREX a BYFLOAT 10 UBOUND 15.5', floats('11.75', '0')],
      ['INCREX a BYFLOAT 10 UBOUND 15.5 SATURATE', floats('15.5', '3.75')],
      ['INCREX a BYFLOAT 1 LBOUND -inf UBOUND -inf', floats('15.5', '0')],
      ['INCREX a BYFLOAT 1 LBOUND -inf UBOUND -inf SATURATE', '-ERR applied increment would be Infinity\r\n'],
      ['SET a 1e4932', OK],
      ['INCREX a BYFLOAT 1e4932', null],
      ['INCREX a', '-ERR value is not an integer or out of range\r\n'],
    ]);
  });

  it('replies doubles in RESP3', () => {
    check([
      ['HELLO 3', null],
      ['INCREX a BYFLOAT 2.5', '*2\r\n,2.5\r\n,2.5\r\n'],
    ]);
  });
});

describe('INCREX and expiry', () => {
  it('sets, keeps, removes it', () => {
    check([
      ['INCREX a EX 100', pair(1, 1)],
      ['TTL a', ':100\r\n'],
      ['INCREX a', pair(2, 1)],
      ['TTL a', ':100\r\n'],
      ['INCREX a EX 5 ENX', pair(3, 1)],
      ['TTL a', ':100\r\n'],
      ['INCREX a UBOUND 3 EX 5', pair(3, 0)],
      ['TTL a', ':100\r\n'],
      ['INCREX a PERSIST', pair(4, 1)],
      ['TTL a', ':-1\r\n'],
      ['INCREX a PX 700 ENX', pair(5, 1)],
      ['PTTL a', ':700\r\n'],
      ['INCREX a EXAT 1 ENX', pair(6, 1)],
      ['INCREX a EXAT 1', pair(7, 1)],
      ['EXISTS a', ':0\r\n'],
      ['INCREX a EXAT 1', pair(1, 1)],
      ['EXISTS a', ':0\r\n'],
    ]);
  });

  it('is propagated as SET with what it came to', () => {
    const harness = new EngineHarness({ propagation: true });
    for (const rest of [
      'BYINT 7',
      'BYFLOAT 0.5',
      'BYFLOAT 0.5 EX 1',
      'EX 5 ENX',
      'PERSIST',
      'BYINT 9 UBOUND 1',
      'PERSIST',
      'EXAT 1',
    ]) {
      check([[`INCREX k ${rest}`, null]], harness);
    }
    assert.deepEqual(harness.takePropagated(), [
      '0 SET k 7 KEEPTTL',
      '0 SET k 7.5 KEEPTTL',
      `0 SET k 8 PXAT ${START + 1000}`,
      '0 SET k 9 KEEPTTL',
      '0 SET k 10',
      '0 SET k 11 KEEPTTL',
      '0 DEL k',
    ]);
  });
});

describe('LCS', () => {
  it('refuses tables greater than proto-max-bulk-len', () => {
    const harness = new EngineHarness();
    harness.engine.bulkBytesMax = 4000;
    check(
      [
        ['SET a x'.padEnd(40, 'x'), OK],
        ['SET b x'.padEnd(40, 'x'), OK],
        ['LCS a b LEN', '-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n'],
      ],
      harness,
    );
  });
});
