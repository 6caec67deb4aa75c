import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BytesMap } from './binary-map.ts';
import { fromLatin1 } from './bytes.ts';

test('keys are bytes, whatever they look like', () => {
  const map = new BytesMap<number>();
  const keys = ['', '\0', '__proto__', 'constructor', '123', '0123', '\xff\xfe', 'a', 'k', 'ka'];
  keys.forEach((key, i) => {
    const bytes = fromLatin1(`<${key}>`);
    map.set(bytes, 1, bytes.length - 1, i);
  });
  assert.equal(map.size, keys.length);
  keys.forEach((key, i) => {
    const bytes = fromLatin1(key);
    assert.equal(map.get(bytes, 0, bytes.length), i);
    assert.equal(map.getText(key), i);
    assert.ok(map.hasText(key));
  });
  assert.deepEqual([...map.keys()], keys);
  assert.deepEqual([...map.entries()][4], ['123', 4]);
  assert.deepEqual([...map.values()], [...keys.keys()]);
  assert.ok(!map.hasText('toString'));
  assert.ok(map.deleteText('123'));
  assert.ok(!map.delete(fromLatin1('123'), 0, 3));
  assert.ok(!map.has(fromLatin1('123'), 0, 3));
  map.clear();
  assert.equal(map.size, 0);
});

test('a map keeps no reference to the bytes of its keys', () => {
  const map = new BytesMap<string>();
  const bytes = fromLatin1('channel');
  map.set(bytes, 0, bytes.length, 'value');
  bytes.fill(0);
  assert.equal(map.getText('channel'), 'value');
});

test('CVE-2026-21717: integer-like keys are ordinary keys', () => {
  const map = new BytesMap<number>();
  const started = performance.now();
  for (let i = 0; i < 200_000; i++) map.setText(String(i * 2 ** 24), i);
  assert.equal(map.size, 200_000);
  assert.ok(performance.now() - started < 3000);
});
