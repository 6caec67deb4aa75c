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

test('the reply buffer is as long as what was needed lately, stays when it is empty, and goes with silence', () => {
  const outbox = new Outbox();
  const buffers = new Set<Uint8Array>();
  const message = new Uint8Array(300);
  const pushAndSend = (): void => {
    outbox.add(message, 0, message.length);
    outbox.drain((chunk, start, end) => {
      buffers.add(chunk);
      return end - start;
    });
  };
  assert.equal(outbox.memory(), 0);
  assert.equal(outbox.bufferBytes, 1024);
  for (let count = 0; count < 1000; count++) pushAndSend();
  assert.equal(buffers.size, 1, 'messages that are taken at once share an array');
  assert.equal(outbox.memory(), 1024);
  // What went out without it counts too.
  outbox.note(5000);
  assert.equal(outbox.bufferBytes, 8192);
  assert.equal(outbox.memory(), 0);
  outbox.note(100_000);
  assert.equal(outbox.bufferBytes, 16_384);
  outbox.trim(10_000, 5000);
  assert.equal(outbox.bufferBytes, 16_384);
  pushAndSend();
  assert.equal(outbox.memory(), 16_384);
  outbox.trim(14_000, 5000);
  assert.equal(outbox.bufferBytes, 16_384, 'the period is not over');
  outbox.trim(15_000, 5000);
  assert.equal(outbox.bufferBytes, 1024);
  pushAndSend();
  outbox.trim(20_000, 5000);
  assert.equal(outbox.memory(), 1024);
  outbox.trim(25_000, 5000);
  assert.equal(outbox.memory(), 0);
});
