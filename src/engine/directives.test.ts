import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../lib/directive.ts';
import { ALL_EVENTS, HASH_EVENTS, KEY_MISS_EVENTS, KEYEVENT_EVENTS, notifyKeyspaceEvents } from './directives.ts';

function shown(letters: string): string {
  const setting = notifyKeyspaceEvents.parse([letters], 0);
  return setting instanceof Refusal ? `! ${setting.text}` : setting.text;
}

test('notify-keyspace-events is shown in one canonical form', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', ''],
    ['AKE', 'AKE'],
    ['KEA', 'AKE'],
    ['g$lshzxetdKE', 'AKE'],
    ['Em', 'Em'],
    ['mE', 'Em'],
    ['xg', 'gx'],
    ['nK', 'nK'],
    // The n is lost beside A, as in redis-server 7.0 and 7.4.
    ['nAKEm', 'AKEm'],
  ];
  for (const [written, expected] of cases) assert.equal(shown(written), expected, written);
  assert.equal(shown('foo'), "! Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
});

test('notify-keyspace-events is a set of bits', () => {
  const setting = notifyKeyspaceEvents.parse(['hEm'], 0);
  assert(!(setting instanceof Refusal));
  assert.equal(setting.value, HASH_EVENTS | KEYEVENT_EVENTS | KEY_MISS_EVENTS);
  assert.equal(ALL_EVENTS & KEY_MISS_EVENTS, 0);
  assert.deepEqual(notifyKeyspaceEvents.fileLines(setting), [{ text: '"hEm"', force: true }]);
});
