import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AclLog, type Denial } from './acl-log.ts';

const denial = (object: string, more: Partial<Denial> = {}): Denial => ({
  reason: 'key',
  context: 'toplevel',
  object,
  username: 'ann',
  ...more,
});

function shown(log: AclLog): string[] {
  return log.entries.map(({ id, object, count }) => `${id} ${object} ${count}`);
}

it('what is the same but for its time is one entry, and comes to the front', () => {
  const log = new AclLog();
  log.add(denial('a'), 'first', 1000);
  log.add(denial('b'), 'first', 1001);
  log.add(denial('a'), 'last', 1002);
  assert.deepEqual(shown(log), ['0 a 2', '1 b 1']);
  const [entry] = log.entries;
  assert.deepEqual([entry!.createdAt, entry!.updatedAt, entry!.client], [1000, 1002, 'last']);
  for (const other of [{ reason: 'command' }, { context: 'multi' }, { username: 'bob' }] as const) {
    log.add(denial('a', other), '', 1003);
  }
  assert.equal(log.entries.length, 5);
});

it('only the ten newest entries are joined, for a minute', () => {
  const log = new AclLog();
  for (let index = 0; index < 11; index++) log.add(denial(`k${index}`), '', 0);
  log.add(denial('k1'), '', 0);
  assert.equal(log.entries.length, 11);
  log.add(denial('k0'), '', 0);
  assert.deepEqual(shown(log).slice(0, 2), ['11 k0 1', '1 k1 2']);
  log.add(denial('k0'), '', 60_001);
  assert.equal(log.entries.length, 13);
});

it('a new limit holds from the next entry on; long names are cut', () => {
  const log = new AclLog();
  for (let index = 0; index < 200; index++) log.add(denial(`k${index}`), '', 0);
  assert.equal(log.entries.length, 128);
  log.entriesMax = 2;
  assert.equal(log.entries.length, 128);
  log.add(denial('x'.repeat(1 << 20), { username: 'u'.repeat(1 << 20) }), '', 0);
  assert.equal(log.entries.length, 2);
  assert.equal(log.entries[0]!.object.length + log.entries[0]!.username.length, 32 * 1024);
  log.entriesMax = 0;
  log.add(denial('y'), '', 0);
  assert.equal(log.entries.length, 0);
});
