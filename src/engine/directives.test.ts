import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../lib/directive.ts';
import { notifyKeyspaceEvents } from './directives.ts';
import { EVENT_ALL, EVENT_HASH, EVENT_KEY_MISS, EVENT_KEYEVENT } from './events.ts';

function shown(letters: string): string {
  const setting = notifyKeyspaceEvents.parse([letters], 0);
  return setting instanceof Refusal ? `! ${setting.text}` : setting.text;
}

test('notify-keyspace-events is shown in one canonical form', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', ''],
    ['AKE', 'AKE'],
    ['KEA', 'AKE'],
    ['g$lshzxetdaKE', 'AKE'],
    ['KEdtexzhsl$g', 'g$lshzxetdKE'],
    ['VITSmEKconad', 'danocKEmSTIV'],
    ['Em', 'Em'],
    ['mE', 'Em'],
    ['xg', 'gx'],
    ['nK', 'nK'],
    // The n is lost beside A, as in redis-server 7.0 and 7.4; so are the letters that came with 8.2.
    ['nocAKEm', 'AKEm'],
  ];
  for (const [written, expected] of cases) assert.equal(shown(written), expected, written);
  assert.equal(shown('foo'), "! Invalid event class character. Use 'Ag$lshzxeKEtmdnocaSTIV'.");
});

test('notify-keyspace-events is a set of bits', () => {
  const setting = notifyKeyspaceEvents.parse(['hEm'], 0);
  assert(!(setting instanceof Refusal));
  assert.equal(setting.value, EVENT_HASH | EVENT_KEYEVENT | EVENT_KEY_MISS);
  assert.equal(EVENT_ALL & EVENT_KEY_MISS, 0);
  assert.deepEqual(notifyKeyspaceEvents.fileLines(setting), [{ text: '"hEm"', force: true }]);
});
