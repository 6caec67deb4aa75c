// Id trees against their model, and ids to and from text.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { fuzzIdTree } from './id-tree.fuzz.ts';
import { ID_INVALID, ID_MS_ONLY, ID_MS_STAR, ID_WHOLE, StreamId } from './stream-id.ts';

describe('IdTree', () => {
  it('agrees with a sorted array', () => {
    for (let seed = 1; seed <= 6; seed++) fuzzIdTree(seed, 4000);
  });
});

function parse(text: string): { kind: number; shown: string } {
  const id = new StreamId();
  const bytes = fromLatin1(text);
  const kind = id.parse(bytes, 0, bytes.length);
  const out = new Uint8Array(64);
  return { kind, shown: toLatin1(out, 0, id.write(out, 0)) };
}

describe('StreamId', () => {
  it('reads and writes text', () => {
    const cases: [string, number, string][] = [
      ['0-0', ID_WHOLE, '0-0'],
      ['5', ID_MS_ONLY, '5-0'],
      ['5-*', ID_MS_STAR, '5-0'],
      ['1795219200000-12', ID_WHOLE, '1795219200000-12'],
      ['18446744073709551615-18446744073709551615', ID_WHOLE, '18446744073709551615-18446744073709551615'],
      ['9007199254740993-4294967296', ID_WHOLE, '9007199254740993-4294967296'],
      ['007-01', ID_WHOLE, '7-1'],
      ['+7-+1', ID_WHOLE, '7-1'],
      [' 7-\t1', ID_WHOLE, '7-1'],
      ['7-1\0zzz', ID_WHOLE, '7-1'],
    ];
    for (const [text, kind, shown] of cases) assert.deepEqual(parse(text), { kind, shown }, text);
  });

  it('refuses what is no id', () => {
    const texts = ['', '-', '+', '*', 'a', '1-', '1-a', '-1-1', '1--1', '1-1-1', '1 -1', '1.5', '0x10', '1e3'];
    texts.push('18446744073709551616-0', '0-18446744073709551616', '9'.repeat(130));
    for (const text of texts) assert.equal(parse(text).kind, ID_INVALID, text);
  });

  it('goes up and down by one over all carries', () => {
    const id = new StreamId();
    assert.equal(id.decrement(), false);
    id.msLow = 7;
    id.setSequenceMax();
    const other = new StreamId();
    other.set(id);
    assert.equal(id.increment(), true);
    assert.deepEqual([id.msLow, id.seqHigh, id.seqLow], [8, 0, 0]);
    assert.equal(id.compare(other), 1);
    assert.equal(id.decrement(), true);
    assert.equal(id.compare(other), 0);
    id.setMax();
    assert.equal(id.increment(), false);
  });
});
