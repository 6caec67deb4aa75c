// What is announced on the notification channels, event by event. Redis 7.0 knows fewer classes; those that came later
// (o and c with 8.2, S, T, I and V with 8.8) are as its documentation and the descriptions of the changes say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../tests/support/engine-harness.ts';
import { Refusal } from '../lib/directive.ts';
import { notifyKeyspaceEvents } from './directives.ts';

/** A server that announces the classes of these letters, and all that it announces. */
class Announcing {
  readonly harness = new EngineHarness();
  private readonly ear = this.harness.connect();

  constructor(letters: string) {
    const setting = notifyKeyspaceEvents.parse([letters], 0);
    assert(!(setting instanceof Refusal));
    this.harness.engine.changes.notifyClasses = setting.value;
    this.harness.engine.refreshEffects();
    this.ear.run('PSUBSCRIBE', '__*');
  }

  /** Runs a command written with blanks between its arguments. */
  run(command: string): void {
    assert.doesNotMatch(this.harness.run(...command.split(' ')), /^-/, command);
  }

  /** What was announced since the last time: "channel message", without the prefix that all channels share. */
  heard(): string[] {
    const announced: string[] = [];
    const output = this.ear.take();
    let at = 0;
    while (at < output.length) {
      // *4 pmessage pattern channel message
      const parts: string[] = [];
      at = output.indexOf('\n', at) + 1;
      for (let part = 0; part < 4; part++) {
        const end = output.indexOf('\r\n', at);
        const length = Number(output.slice(at + 1, end));
        parts.push(output.slice(end + 2, end + 2 + length));
        at = end + 2 + length + 2;
      }
      announced.push(`${parts[2]!.slice(2)} ${parts[3]}`);
    }
    return announced;
  }
}

/** Commands that make keys, then one command and what it announces on channels of events. */
const REPLACING: readonly (readonly [before: string, command: string, expected: string])[] = [
  ['', 'SET k v', 'set'],
  ['SET k 1', 'SET k 2', 'overwritten set'],
  ['RPUSH k a', 'SET k v EX 10', 'overwritten type_changed set expire'],
  ['RPUSH k a', 'PSETEX k 100 v', 'overwritten type_changed set expire'],
  ['SET k 1', 'GETSET k 2', 'overwritten set'],
  ['SET k 1', 'SETNX k 2', ''],
  ['SET k 1', 'SET k 2 NX', ''],
  ['SADD k a', 'MSET k 1 k 2', 'overwritten type_changed set overwritten set'],
  ['SADD k a', 'MSETEX 1 k 1 EX 9', 'overwritten type_changed set expire'],
  ['', 'MSETNX k 1', 'set'],
  // A value that is changed is not overwritten.
  ['SET k 1', 'INCR k', 'incrby'],
  ['SET k 1', 'APPEND k 1', 'append'],
  ['SET k 1', 'SETRANGE k 0 a', 'setrange'],
  ['SET k 1', 'GETDEL k', 'del'],
  ['SET k 1|SET s 1', 'BITOP NOT k s', 'overwritten set'],
  ['SADD k 1|SET s 1', 'BITOP NOT k s', 'overwritten type_changed set'],
  // Nothing takes its place: it is deleted.
  ['SADD k 1', 'BITOP NOT k s', 'del'],
  ['SADD k 1|SADD s 1', 'SUNIONSTORE k s', 'overwritten sunionstore'],
  ['SET k 1|SADD s 1', 'SDIFFSTORE k s', 'overwritten type_changed sdiffstore'],
  ['SET k 1|SADD s 1', 'SINTERSTORE k s', 'overwritten type_changed sinterstore'],
  ['ZADD k 1 a|ZADD s 1 a', 'ZUNIONSTORE k 1 s', 'overwritten zunionstore'],
  ['SET k 1|ZADD s 1 a', 'ZINTERSTORE k 1 s', 'overwritten type_changed zinterstore'],
  ['SET k 1|ZADD s 1 a', 'ZDIFFSTORE k 1 s', 'overwritten type_changed zdiffstore'],
  ['ZADD k 1 a|ZADD s 1 a', 'ZRANGESTORE k s 0 -1', 'overwritten zrangestore'],
  ['SET k 1|GEOADD s 1 1 a', 'GEOSEARCHSTORE k s FROMMEMBER a BYRADIUS 9 m', 'overwritten type_changed geosearchstore'],
  ['SET k 1|GEOADD s 1 1 a', 'GEORADIUS s 1 1 9 m STORE k', 'overwritten type_changed georadiusstore'],
  ['RPUSH k 1|SADD s 1', 'SORT s STORE k', 'overwritten sortstore'],
  ['SADD k 1', 'SORT k STORE k', 'overwritten type_changed sortstore'],
  ['HSET k b 2|HIMPORT PREPARE f a', 'HIMPORT SET k f 1', 'overwritten hset'],
  // These announce it after their own event.
  ['SET k 1|SET s 2', 'RENAME s k', 'rename_to overwritten'],
  ['SET k 1|SADD s 2', 'RENAME s k', 'rename_to overwritten type_changed'],
  ['SADD s 2', 'RENAME s k', 'rename_to'],
  ['SET k 1|SET s 2', 'COPY s k REPLACE', 'copy_to overwritten'],
  ['SET k 1|SADD s 2', 'COPY s k REPLACE', 'copy_to overwritten type_changed'],
  ['SADD s 2', 'COPY s k REPLACE', 'copy_to'],
];

test('a key whose value is replaced as a whole is announced, and when its type is another one', () => {
  for (const [before, command, expected] of REPLACING) {
    const announcing = new Announcing('KAoc');
    if (before !== '') for (const each of before.split('|')) announcing.run(each);
    announcing.heard();
    announcing.run(command);
    const events = announcing.heard().filter((line) => line.startsWith('keyspace@0__:k '));
    assert.equal(events.map((line) => line.split(' ')[1]).join(' '), expected, `${before}: ${command}`);
  }
});

test('a copy in another database is announced there', () => {
  const announcing = new Announcing('Eoc');
  for (const command of ['SET s 1', 'SELECT 2', 'SADD k a', 'SELECT 0', 'COPY s k DB 2 REPLACE'])
    announcing.run(command);
  assert.deepEqual(announcing.heard(), ['keyevent@2__:overwritten k', 'keyevent@2__:type_changed k']);
});

test('the letters o and c are asked for one by one', () => {
  for (const [letters, expected] of [
    ['Eo', ['keyevent@0__:overwritten k']],
    ['Ec', ['keyevent@0__:type_changed k']],
    ['EA', ['keyevent@0__:set k']],
    ['oc', []],
  ] as const) {
    const announcing = new Announcing(letters);
    announcing.run('SADD k a');
    announcing.heard();
    announcing.run('SET k v');
    assert.deepEqual(announcing.heard(), expected, letters);
  }
});

/** Commands that make a hash k, then one command and the events of k with their fields. */
const FIELDS: readonly (readonly [before: string, command: string, expected: readonly string[]])[] = [
  ['', 'HSET k a 1 bc 2', ['hset|1:a,2:bc']],
  ['', 'HMSET k a 1 a 2', ['hset|1:a,1:a']],
  ['', 'HSETNX k a 1', ['hset|1:a']],
  ['HSET k a 1', 'HSETNX k a 1', []],
  ['', 'HINCRBY k a 1', ['hincrby|1:a']],
  ['', 'HINCRBYFLOAT k a 1.5', ['hincrbyfloat|1:a']],
  ['HSET k a 1 b 2', 'HDEL k x b y', ['hdel|1:b']],
  ['HSET k a 1 b 2', 'HDEL k x y', []],
  ['HSET k a 1 b 2', 'HDEL k a b', ['hdel|1:a,1:b']],
  ['HSET k a 1 b 2', 'HGETDEL k FIELDS 2 x b', ['hdel|1:b']],
  ['HSET k a 1 b 2', 'HEXPIRE k 10 FIELDS 3 a x b', ['hexpire|1:a,1:b']],
  ['HSET k a 1 b 2', 'HEXPIRE k 0 FIELDS 1 b', ['hdel|1:b']],
  ['HSET k a 1 b 2|HEXPIRE k 10 FIELDS 1 b', 'HPERSIST k FIELDS 2 a b', ['hpersist|1:b']],
  ['HSET k a 1 b 2|HEXPIRE k 10 FIELDS 1 b', 'HGETEX k PERSIST FIELDS 2 a b', ['hpersist|1:b']],
  ['HSET k a 1 b 2', 'HGETEX k EX 10 FIELDS 1 a', ['hexpire|1:a']],
  ['HSET k a 1 b 2', 'HGETEX k EXAT 1 FIELDS 1 a', ['hdel|1:a']],
  ['', 'HSETEX k EX 10 FIELDS 2 a 1 b 2', ['hset|1:a,1:b', 'hexpire|1:a,1:b']],
  ['', 'HSETEX k EXAT 1 FIELDS 1 a 1', ['hset|1:a', 'hdel|1:a']],
  ['HIMPORT PREPARE f a b', 'HIMPORT SET k f 1 2', ['hset|1:a,1:b']],
];

test('events of hashes name the fields that changed', () => {
  for (const [before, command, expected] of FIELDS) {
    const announcing = new Announcing('Sh');
    if (before !== '') for (const each of before.split('|')) announcing.run(each);
    announcing.heard();
    announcing.run(command);
    assert.deepEqual(
      announcing.heard(),
      expected.map((event) => `subkeyspace@0__:k ${event}`),
      `${before}: ${command}`,
    );
    // And none is left over for the next event.
    announcing.run('HSET k z 9');
    assert.deepEqual(announcing.heard(), ['subkeyspace@0__:k hset|1:z'], `after ${command}`);
  }
});

test('the fields are published on four kinds of channels', () => {
  for (const [letters, expected] of [
    ['Sh', ['subkeyspace@0__:key hset|1:a,2:bc']],
    ['Th', ['subkeyevent@0__:hset 3:key|1:a,2:bc']],
    ['Ih', ['subkeyspaceitem@0__:key\na hset', 'subkeyspaceitem@0__:key\nbc hset']],
    ['Vh', ['subkeyspaceevent@0__:hset|key 1:a,2:bc']],
    [
      'EVTh',
      ['keyevent@0__:hset key', 'subkeyevent@0__:hset 3:key|1:a,2:bc', 'subkeyspaceevent@0__:hset|key 1:a,2:bc'],
    ],
    ['STIVg', []],
    ['h', []],
  ] as const) {
    const announcing = new Announcing(letters);
    announcing.run('HSET key a 1 bc 2');
    assert.deepEqual(announcing.heard(), expected, letters);
  }
});

test('a line feed in a key leaves out the channels that it would make ambiguous', () => {
  const announcing = new Announcing('SIh');
  announcing.run('HSET k\nk a 1');
  assert.deepEqual(announcing.heard(), ['subkeyspace@0__:k\nk hset|1:a']);
});

test('fields that expire are named, whoever finds them', () => {
  const announcing = new Announcing('Sh');
  announcing.run('HSET k a 1 b 2 c 3');
  announcing.run('HPEXPIRE k 10 FIELDS 2 a b');
  announcing.heard();
  announcing.harness.advance(300);
  assert.deepEqual(announcing.heard(), ['subkeyspace@0__:k hexpired|1:a,1:b']);
  announcing.run('HPEXPIRE k 10 FIELDS 1 c');
  announcing.heard();
  announcing.harness.clock.advance(20);
  announcing.run('HGET k c');
  assert.deepEqual(announcing.heard(), ['subkeyspace@0__:k hexpired|1:c']);
});

test('fields that HMGET finds expired are announced together, and the key when it goes with them', () => {
  const announcing = new Announcing('KShg');
  for (const command of ['HSET k a 1 b 2 c 3', 'HPEXPIRE k 10 FIELDS 2 a b']) announcing.run(command);
  announcing.heard();
  announcing.harness.clock.advance(20);
  assert.equal(announcing.harness.run('HMGET', 'k', 'a', 'c', 'b', 'a'), '*4\r\n$-1\r\n$1\r\n3\r\n$-1\r\n$-1\r\n');
  assert.deepEqual(announcing.heard(), ['keyspace@0__:k hexpired', 'subkeyspace@0__:k hexpired|1:a,1:b']);
  announcing.run('HPEXPIRE k 10 FIELDS 1 c');
  announcing.heard();
  announcing.harness.clock.advance(20);
  assert.equal(announcing.harness.run('HMGET', 'k', 'c', 'c', 'd'), '*3\r\n$-1\r\n$-1\r\n$-1\r\n');
  assert.deepEqual(announcing.heard(), [
    'keyspace@0__:k hexpired',
    'subkeyspace@0__:k hexpired|1:c',
    'keyspace@0__:k del',
  ]);
  announcing.harness.engine.check();
});
