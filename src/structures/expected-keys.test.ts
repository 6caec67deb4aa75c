import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NONE } from '../memory/flat-memory.ts';
import { EXPECTED_MAX, ExpectedKeys, UNSETTLED } from './expected-keys.ts';
import { TableModel } from './hash-table.fuzz.ts';

/** A table of key records, and the keys that are expected in it. */
class Fixture extends TableModel {
  readonly expected = new ExpectedKeys();

  constructor() {
    super(1);
    this.table.expected = this.expected;
  }

  insert(key: string): number {
    const bytes = Buffer.from(key);
    assert.equal(this.table.find(this.root, bytes, 0, bytes.length), NONE);
    const handle = this.record(key);
    this.table.insert(this.root, handle);
    return handle;
  }

  /** Expects keys of one length that stand side by side in `bytes`. */
  expect(bytes: Uint8Array, keyBytes: number): void {
    this.expected.clear();
    for (let at = 0; at < bytes.length; at += keyBytes) this.expected.add(this.hasher, bytes, at, at + keyBytes);
    this.expected.settle(bytes, this.memory, this.root);
  }

  /** What is known of the key at `at`, NaN when it is not expected. */
  known(at: number, keyBytes: number): number {
    return this.expected.has(at, at + keyBytes) ? this.expected.record(this.root) : Number.NaN;
  }
}

const keyOf = (index: number) => `k${String(index).padStart(6, '0')}`;

test('keys of a large table are found beforehand, those that are not there too', () => {
  const fixture = new Fixture();
  const handles = Array.from({ length: 20_000 }, (_, index) => fixture.insert(keyOf(index)));
  let settled = 0;
  for (let first = 0; first < 24_000; first += EXPECTED_MAX) {
    const bytes = Buffer.from(Array.from({ length: EXPECTED_MAX }, (_, index) => keyOf(first + index)).join(''));
    fixture.expect(bytes, 7);
    for (let index = 0; index < EXPECTED_MAX; index++) {
      const handle = handles[first + index] ?? NONE;
      const known = fixture.known(index * 7, 7);
      assert.ok(known === handle || known === UNSETTLED);
      if (known === handle) settled++;
      assert.equal(fixture.table.find(fixture.root, bytes, index * 7, index * 7 + 7), handle);
    }
  }
  assert.ok(settled > 20_000, `${settled} of 24,064 were known`);
});

test('what was found is not believed once the table has changed, the hash is', () => {
  const changes: ((fixture: Fixture) => unknown)[] = [
    (fixture) => Array.from({ length: 30 }, (_, index) => fixture.insert(`another ${index}`)),
    (fixture) => fixture.table.create(),
    (fixture) => {
      const bytes = Buffer.from('b');
      fixture.table.find(fixture.root, bytes, 0, 1);
      fixture.table.removeFound(fixture.root);
    },
    (fixture) => {
      const bytes = Buffer.from('b');
      fixture.table.find(fixture.root, bytes, 0, 1);
      fixture.table.replaceFound(fixture.record('b'));
    },
    (fixture) => fixture.table.reserve(fixture.root, 10_000),
    (fixture) => {
      while (fixture.table.dispose(fixture.root));
    },
  ];
  for (const change of changes) {
    const fixture = new Fixture();
    fixture.insert('a');
    fixture.insert('b');
    fixture.expect(Buffer.from('abc'), 1);
    assert.notEqual(fixture.known(0, 1), UNSETTLED);
    change(fixture);
    assert.equal(fixture.known(0, 1), UNSETTLED);
  }
});

test('a record that was added may be that of a key that was not there, the others stay', () => {
  const fixture = new Fixture();
  const a = fixture.insert('a');
  fixture.expect(Buffer.from('abc'), 1);
  assert.deepEqual([fixture.known(0, 1), fixture.known(1, 1)], [a, NONE]);
  const c = fixture.insert('c');
  fixture.expected.skipTo(0);
  assert.deepEqual([fixture.known(0, 1), fixture.known(1, 1)], [a, UNSETTLED]);
  fixture.expect(Buffer.from('abc'), 1);
  assert.deepEqual([fixture.known(0, 1), fixture.known(1, 1), fixture.known(2, 1)], [a, NONE, c]);
});

test('keys are asked for in their order, each as often as one likes, other bytes never', () => {
  const fixture = new Fixture();
  const [a, b] = [fixture.insert('a'), fixture.insert('b')];
  const bytes = Buffer.from('abxb');
  fixture.expect(bytes, 1);
  assert.deepEqual([fixture.known(0, 1), fixture.known(0, 1), fixture.known(1, 1), fixture.known(1, 1)], [a, a, b, b]);
  assert.ok(Number.isNaN(fixture.known(3, 1)), 'the one after the next');
  assert.ok(Number.isNaN(fixture.known(0, 1)), 'one before');
  assert.ok(Number.isNaN(fixture.known(1, 2)), 'one that begins as another does');
  fixture.expected.skipTo(3);
  assert.equal(fixture.known(3, 1), b);
  assert.ok(Number.isNaN(fixture.known(4, 1)), 'behind the last');
  assert.equal(fixture.table.find(fixture.root, Buffer.from('bbbb'), 3, 4), b, 'the same place in other bytes');
  fixture.expected.clear();
  assert.equal(fixture.expected.bytes, null);
});
