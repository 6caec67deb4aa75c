// The outbox against a plain string: whatever order things are added and taken in, the bytes come out as they went in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { Outbox } from './outbox.ts';

test('bytes come out in order, however they are added and taken', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const prng = new Prng(seed);
    const outbox = new Outbox();
    let wanted = '';
    let got = '';
    for (let step = 0; step < 300; step++) {
      const text = String.fromCharCode(97 + prng.below(26)).repeat(prng.below(2 ** prng.below(16)));
      const bytes = fromLatin1(`<${text}>`);
      if (prng.below(2) === 0) outbox.add(bytes, 1, bytes.length - 1);
      else outbox.keep(bytes, 1, bytes.length - 1);
      wanted += text;
      assert.ok(outbox.memory() >= outbox.length);
      let room = prng.below(2 ** prng.below(17));
      const isOpen = outbox.drain((chunk, start, end) => {
        const taken = Math.min(room, end - start);
        got += toLatin1(chunk, start, start + taken);
        room -= taken;
        return taken;
      });
      assert.ok(isOpen);
      assert.equal(outbox.length, wanted.length - got.length, `seed ${seed} step ${step}`);
    }
    outbox.drain((chunk, start, end) => {
      got += toLatin1(chunk, start, end);
      return end - start;
    });
    assert.equal(got, wanted, `seed ${seed}`);
    assert.equal(outbox.chunkCount(), 0);
  }
});

test('small messages share chunks', () => {
  const outbox = new Outbox();
  for (let count = 0; count < 1000; count++) outbox.add(fromLatin1('+OK\r\n'), 0, 5);
  assert.equal(outbox.chunkCount(), 1);
  assert.equal(outbox.length, 5000);
});

test('a failed send is told', () => {
  const outbox = new Outbox();
  outbox.add(fromLatin1('x'), 0, 1);
  assert.equal(
    outbox.drain(() => -1),
    false,
  );
  outbox.clear();
  assert.equal(outbox.length, 0);
});
