import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDisk } from '../../tests/support/simulated-disk.ts';
import { Prng } from '../lib/prng.ts';
import { writeAll } from '../world/disk.ts';
import { FileSource } from './file-source.ts';

function sourceOf(content: Uint8Array): FileSource {
  const file = testDisk().open('f', 'create');
  writeAll(file, content);
  return new FileSource(file);
}

const CHUNK = 256 * 1024;

test('what is taken in pieces is the file', () => {
  for (const size of [0, 1, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17]) {
    const content = Uint8Array.from({ length: size }, (_, index) => (index * 31) & 0xff);
    const source = sourceOf(content);
    const prng = new Prng(size);
    let at = 0;
    for (;;) {
      assert.equal(source.offset(), at);
      const wanted = 1 + prng.below(prng.below(3) === 0 ? CHUNK * 2 : 500);
      const came = source.fillTo(wanted);
      const there = source.end - source.start;
      assert.ok(there >= Math.min(wanted, size - at));
      if (there === 0) {
        assert.equal(came, false);
        break;
      }
      const taken = Math.min(there, wanted);
      assert.deepEqual(source.bytes.slice(source.start, source.start + taken), content.slice(at, at + taken));
      source.start += taken;
      at += taken;
    }
    assert.equal(at, size);
    assert.equal(source.fill(), false);
    assert.equal(source.beyond(), 0);
  }
});

test('it goes back to a place, within what was read and before it', () => {
  const content = Uint8Array.from({ length: CHUNK * 3 }, (_, index) => index & 0xff);
  const source = sourceOf(content);
  for (const place of [0, 5, CHUNK * 2, 7, CHUNK * 3 - 1, CHUNK * 3, 0]) {
    source.seek(place);
    assert.equal(source.offset(), place);
    source.fillTo(1);
    assert.equal(source.bytes[source.start], place < content.length ? content[place] : source.bytes[source.start]);
    assert.equal(source.end - source.start + source.beyond(), content.length - place);
  }
});

test('room is taken for bytes that the file has, and given back', () => {
  const source = sourceOf(new Uint8Array(CHUNK * 2));
  source.fillTo(1e15);
  assert.equal(source.bytes.length, CHUNK * 2);
  source.start = source.end - 10;
  source.fillTo(20);
  assert.equal(source.bytes.length, CHUNK);
  assert.equal(source.end - source.start, 10);
});
