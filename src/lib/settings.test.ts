import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bool, type Directive, integer, Refusal, type Setting, text } from './directive.ts';
import { type Changes, Settings } from './settings.ts';

const summary = 'for a test';
const port = integer('port', { default: 1, min: 0, max: 10, summary });
const address = text('address', 'here', { summary, alias: 'addr' });
const quiet = bool('quiet', false, { summary });
const certificate = text('certificate', '', { summary, reapplied: true });

function newSettings(): Settings {
  return new Settings([port, address, quiet, certificate]);
}

function changes(...pairs: [Directive<unknown>, string][]): Changes {
  return new Map(
    pairs.map(([directive, value]): [Directive<unknown>, Setting<unknown>] => {
      const setting = directive.parse([value], directive.default);
      assert(!(setting instanceof Refusal));
      return [directive, setting];
    }),
  );
}

test('settings start at their defaults and are found by name and alias in any case', () => {
  const settings = newSettings();
  assert.equal(settings.get(port), 1);
  assert.equal(settings.text(quiet), 'no');
  assert.equal(settings.find('ADDR'), address);
  assert.equal(settings.find('address'), address);
  assert.equal(settings.find('nothing'), null);
});

test('a follower sees the value now and after each change, also one taken back', () => {
  const settings = newSettings();
  const seen: number[] = [];
  settings.follow(port, (value) => seen.push(value));
  settings.put(port, 2);
  assert.equal(settings.change(changes([port, '3'])), null);
  settings.watch(port, () => 'no');
  assert.notEqual(settings.change(changes([port, '4'])), null);
  assert.deepEqual(seen, [1, 2, 3, 4, 3]);
});

test('a watcher runs once for a group, in the order of the changes, and not for the same value again', () => {
  const settings = newSettings();
  const ran: string[] = [];
  settings.watch([port, address], () => {
    ran.push(`listen ${settings.get(address)}:${settings.get(port)}`);
    return null;
  });
  settings.watch(quiet, () => {
    ran.push('quiet');
    return null;
  });
  settings.watch(certificate, () => {
    ran.push('certificate');
    return null;
  });
  assert.equal(settings.change(changes([quiet, 'yes'], [port, '2'], [address, 'there'])), null);
  assert.deepEqual(ran, ['quiet', 'listen there:2']);
  assert.equal(settings.change(changes([quiet, 'yes'], [port, '2'], [certificate, ''])), null);
  assert.deepEqual(ran, ['quiet', 'listen there:2', 'certificate']);
});

test('a refusal takes the whole group back and applies the old values again', () => {
  const settings = newSettings();
  const applied: string[] = [];
  settings.watch(quiet, () => {
    applied.push(settings.text(quiet));
    return null;
  });
  settings.watch(port, () => (settings.get(port) === 9 ? 'in use' : null));
  assert.deepEqual(settings.change(changes([quiet, 'yes'], [port, '9'], [address, 'x'])), {
    directive: port,
    text: 'in use',
  });
  assert.deepEqual([settings.text(quiet), settings.get(port), settings.get(address)], ['no', 1, 'here']);
  assert.deepEqual(applied, ['yes', 'no']);
});

test('a watcher may answer later', async () => {
  const settings = newSettings();
  settings.watch(port, async () => (settings.get(port) === 9 ? 'in use' : null));
  settings.watch(quiet, () => null);
  assert.equal(await settings.change(changes([port, '2'], [quiet, 'yes'])), null);
  assert.equal(settings.get(port), 2);
  assert.deepEqual(await settings.change(changes([quiet, 'no'], [port, '9'])), { directive: port, text: 'in use' });
  assert.deepEqual([settings.get(port), settings.get(quiet)], [2, true]);
});

test('numbers beyond 2^53 keep their exact text', () => {
  const size = integer('size', { default: 0, min: 0, max: 0xffff_ffff_ffff_ffffn, summary });
  const settings = new Settings([size]);
  assert.equal(settings.change(changes([size, '9223372036854775807'])), null);
  assert.equal(settings.text(size), '9223372036854775807');
  assert.equal(settings.get(size), 2 ** 63);
});
