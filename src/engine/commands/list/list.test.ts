// Lists over the wire, in every encoding: the same cases whether a list is a listpack, a list of packs, of compressed
// packs, or of plain items. What 7.0.15 knows is compared with redis-server besides (tests/conformance).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness } from '../../../../tests/support/engine-harness.ts';
import { Prng } from '../../../lib/prng.ts';

interface Form {
  readonly name: string;
  readonly packSizeMax: number;
  readonly compressDepth: number;
  readonly packedThreshold: number;
  readonly encoding: string;
}

const FORMS: readonly Form[] = [
  { name: 'listpack', packSizeMax: -2, compressDepth: 0, packedThreshold: 0, encoding: 'listpack' },
  { name: 'packs of one', packSizeMax: 1, compressDepth: 0, packedThreshold: 0, encoding: 'quicklist' },
  { name: 'packs of two', packSizeMax: 2, compressDepth: 0, packedThreshold: 0, encoding: 'quicklist' },
  { name: 'compressed packs', packSizeMax: 3, compressDepth: 1, packedThreshold: 0, encoding: 'quicklist' },
  { name: 'plain items', packSizeMax: 1, compressDepth: 1, packedThreshold: 1, encoding: 'quicklist' },
];

const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n';

function harnessOf(form: Form, propagation = false): EngineHarness {
  const harness = new EngineHarness({ propagation });
  const { lists } = harness.engine.keyspace;
  lists.limitPacks(form.packSizeMax);
  lists.quicklist.compressDepth = form.compressDepth;
  lists.quicklist.packedThreshold = form.packedThreshold;
  return harness;
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

function array(...texts: readonly string[]): string {
  return `*${texts.length}\r\n${texts.map(bulk).join('')}`;
}

/** Long enough to be compressed, alike enough for it to be worth it. */
const LONG = 'long and long and long and long and long and long and long and long';
const ITEMS = ['a', '1', LONG, '-300', 'b', LONG, '12345678901234567890', '', '7', 'a'];

for (const form of FORMS) {
  describe(`lists as ${form.name}`, () => {
    const check = (commands: readonly (readonly string[])[], expected: readonly string[]): EngineHarness => {
      const harness = harnessOf(form);
      harness.run('RPUSH', 'l', ...ITEMS);
      let reply = '';
      for (const command of commands) reply = harness.run(...command);
      assert.equal(reply, expected[0]);
      assert.equal(harness.run('LRANGE', 'l', '0', '-1'), array(...expected.slice(1)));
      assert.equal(harness.run('LLEN', 'l'), `:${expected.length - 1}\r\n`);
      harness.engine.check();
      harness.run('FLUSHALL');
      assert.equal(harness.engine.keyspace.disposals.isEmpty(), true);
      return harness;
    };

    it('is of its encoding', () => {
      const harness = harnessOf(form);
      harness.run('RPUSH', 'l', ...ITEMS);
      assert.equal(harness.run('OBJECT', 'ENCODING', 'l'), bulk(form.encoding));
    });

    it('pushes and pops at both ends', () => {
      check([['LPUSH', 'l', 'x', '5', LONG]], [':13\r\n', LONG, '5', 'x', ...ITEMS]);
      check([['RPUSHX', 'l', 'x', LONG]], [':12\r\n', ...ITEMS, 'x', LONG]);
      check([['LPUSHX', 'l', '']], [':11\r\n', '', ...ITEMS]);
      check([['LPUSHX', 'none', 'x']], [':0\r\n', ...ITEMS]);
      check([['LPOP', 'l']], [bulk('a'), ...ITEMS.slice(1)]);
      check([['RPOP', 'l', '3']], [array('a', '7', ''), ...ITEMS.slice(0, -3)]);
      check([['LPOP', 'l', '0']], ['*0\r\n', ...ITEMS]);
      check([['LPOP', 'l', '100']], [array(...ITEMS)]);
      check(
        [
          ['RPOP', 'l', '10'],
          ['EXISTS', 'l'],
        ],
        [':0\r\n'],
      );
      check([['LPOP', 'none']], ['$-1\r\n', ...ITEMS]);
      check([['LPOP', 'none', '3']], ['*-1\r\n', ...ITEMS]);
      check([['LPOP', 'l', '-1']], ['-ERR value is out of range, must be positive\r\n', ...ITEMS]);
      check([['LPOP', 'l', '1', '2']], ["-ERR wrong number of arguments for 'lpop' command\r\n", ...ITEMS]);
    });

    it('tells items and ranges', () => {
      for (let index = -10; index < 10; index++) {
        check([['LINDEX', 'l', String(index)]], [bulk(ITEMS.at(index)!), ...ITEMS]);
      }
      check([['LINDEX', 'l', '10']], ['$-1\r\n', ...ITEMS]);
      check([['LINDEX', 'l', '-11']], ['$-1\r\n', ...ITEMS]);
      check([['LINDEX', 'none', 'x']], ['$-1\r\n', ...ITEMS]);
      check([['LRANGE', 'l', '2', '5']], [array(...ITEMS.slice(2, 6)), ...ITEMS]);
      check([['LRANGE', 'l', '-3', '100']], [array(...ITEMS.slice(-3)), ...ITEMS]);
      check([['LRANGE', 'l', '-9223372036854775808', '9223372036854775807']], [array(...ITEMS), ...ITEMS]);
      check([['LRANGE', 'l', '5', '2']], ['*0\r\n', ...ITEMS]);
      check([['LRANGE', 'l', '10', '-1']], ['*0\r\n', ...ITEMS]);
    });

    it('puts, inserts and removes items', () => {
      for (let index = 0; index < 10; index++) {
        for (const text of ['x', LONG, '99999', '']) {
          check([['LSET', 'l', String(index), text]], ['+OK\r\n', ...ITEMS.with(index, text)]);
        }
      }
      check([['LSET', 'l', '10', 'x']], ['-ERR index out of range\r\n', ...ITEMS]);
      check([['LSET', 'none', '0', 'x']], ['-ERR no such key\r\n', ...ITEMS]);
      for (const pivot of ['a', '1', LONG, 'b', '', '7']) {
        const at = ITEMS.indexOf(pivot);
        check([['LINSERT', 'l', 'before', pivot, 'new']], [':11\r\n', ...ITEMS.toSpliced(at, 0, 'new')]);
        check([['LINSERT', 'l', 'AFTER', pivot, LONG]], [':11\r\n', ...ITEMS.toSpliced(at + 1, 0, LONG)]);
      }
      check([['LINSERT', 'l', 'AFTER', 'no', 'x']], [':-1\r\n', ...ITEMS]);
      check([['LINSERT', 'l', 'BESIDE', 'a', 'x']], ['-ERR syntax error\r\n', ...ITEMS]);
      check([['LREM', 'l', '0', 'a']], [':2\r\n', ...ITEMS.slice(1, -1)]);
      check([['LREM', 'l', '1', LONG]], [':1\r\n', ...ITEMS.toSpliced(2, 1)]);
      check([['LREM', 'l', '-1', LONG]], [':1\r\n', ...ITEMS.toSpliced(5, 1)]);
      check([['LREM', 'l', '-100', '7']], [':1\r\n', ...ITEMS.toSpliced(8, 1)]);
      check([['LREM', 'l', '0', '07']], [':0\r\n', ...ITEMS]);
    });

    it('is trimmed', () => {
      check([['LTRIM', 'l', '0', '-1']], ['+OK\r\n', ...ITEMS]);
      check([['LTRIM', 'l', '3', '6']], ['+OK\r\n', ...ITEMS.slice(3, 7)]);
      check([['LTRIM', 'l', '-2', '100']], ['+OK\r\n', ...ITEMS.slice(-2)]);
      check([['LTRIM', 'l', '5', '3']], ['+OK\r\n']);
      check([['LTRIM', 'l', '10', '20']], ['+OK\r\n']);
      check([['LTRIM', 'none', '1', '0']], ['+OK\r\n', ...ITEMS]);
    });

    it('is searched', () => {
      const places = (...at: number[]): string => `*${at.length}\r\n${at.map((place) => `:${place}\r\n`).join('')}`;
      check([['LPOS', 'l', 'a']], [':0\r\n', ...ITEMS]);
      check([['LPOS', 'l', 'a', 'RANK', '-1']], [':9\r\n', ...ITEMS]);
      check([['LPOS', 'l', 'a', 'RANK', '2', 'MAXLEN', '9']], ['$-1\r\n', ...ITEMS]);
      check([['LPOS', 'l', LONG, 'COUNT', '0']], [places(2, 5), ...ITEMS]);
      check([['LPOS', 'l', LONG, 'COUNT', '1', 'RANK', '-1']], [places(5), ...ITEMS]);
      check([['LPOS', 'l', '7', 'count', '0', 'maxlen', '8']], ['*0\r\n', ...ITEMS]);
      check([['LPOS', 'l', '-300']], [':3\r\n', ...ITEMS]);
      check([['LPOS', 'none', 'x', 'COUNT', '2']], ['*0\r\n', ...ITEMS]);
      check([['LPOS', 'l', 'a', 'COUNT', '-1']], ["-ERR COUNT can't be negative\r\n", ...ITEMS]);
      check([['LPOS', 'l', 'a', 'MAXLEN', 'x']], ["-ERR MAXLEN can't be negative\r\n", ...ITEMS]);
      check([['LPOS', 'l', 'a', 'RANK']], ['-ERR syntax error\r\n', ...ITEMS]);
    });

    it('gives items to other lists and to itself', () => {
      check(
        [
          ['LMOVE', 'l', 'm', 'LEFT', 'RIGHT'],
          ['LRANGE', 'm', '0', '-1'],
        ],
        [array('a'), ...ITEMS.slice(1)],
      );
      check([['RPOPLPUSH', 'l', 'l']], [bulk('a'), ...ITEMS.slice(-1), ...ITEMS.slice(0, -1)]);
      check([['LMOVE', 'l', 'l', 'LEFT', 'LEFT']], [bulk('a'), ...ITEMS]);
      check([['LMOVE', 'l', 'l', 'left', 'right']], [bulk('a'), ...ITEMS.slice(1), 'a']);
      check([['LMOVE', 'none', 'l', 'LEFT', 'LEFT']], ['$-1\r\n', ...ITEMS]);
      check(
        [['LMPOP', '2', 'none', 'l', 'RIGHT', 'COUNT', '2']],
        [`*2\r\n${bulk('l')}${array('a', '7')}`, ...ITEMS.slice(0, -2)],
      );
    });

    it('is copied, and goes as a whole', () => {
      const harness = check(
        [
          ['COPY', 'l', 'm'],
          ['LPOP', 'l'],
          ['LRANGE', 'm', '0', '-1'],
        ],
        [array(...ITEMS), ...ITEMS.slice(1)],
      );
      harness.run('RPUSH', 'l', ...ITEMS);
      assert.equal(harness.run('UNLINK', 'l'), ':1\r\n');
      harness.advance(1);
      harness.engine.check();
    });

    it('does what an array does', () => {
      const seed = Number(process.env['CINNABAR_SEED'] ?? Date.now());
      const prng = new Prng(seed);
      const harness = harnessOf(form);
      let items: string[] = [];
      const text = (): string => ITEMS[prng.below(ITEMS.length)]! + (prng.below(3) === 0 ? String(prng.below(9)) : '');
      for (let step = 0; step < 400; step++) {
        const at = prng.below(items.length + 1);
        const item = text();
        const end = prng.below(2) === 0 ? 'LEFT' : 'RIGHT';
        switch (prng.below(8)) {
          case 0:
          case 1:
            harness.run(end === 'LEFT' ? 'LPUSH' : 'RPUSH', 'l', item);
            items = end === 'LEFT' ? [item, ...items] : [...items, item];
            break;
          case 2:
            harness.run(end === 'LEFT' ? 'LPOP' : 'RPOP', 'l');
            items = end === 'LEFT' ? items.slice(1) : items.slice(0, -1);
            break;
          case 3:
            harness.run('LSET', 'l', String(at), item);
            if (at < items.length) items[at] = item;
            break;
          case 4:
          case 5: {
            const pivot = items[at] ?? item;
            harness.run('LINSERT', 'l', 'BEFORE', pivot, item);
            if (items.includes(pivot)) items.splice(items.indexOf(pivot), 0, item);
            break;
          }
          case 6:
            harness.run('LREM', 'l', '1', item);
            if (items.includes(item)) items.splice(items.indexOf(item), 1);
            break;
          default:
            if (items.length > 0) harness.run('LMOVE', 'l', 'l', end, end === 'LEFT' ? 'RIGHT' : 'LEFT');
            items =
              end === 'LEFT' ? [...items.slice(1), ...items.slice(0, 1)] : [...items.slice(-1), ...items.slice(0, -1)];
        }
        assert.equal(harness.run('LRANGE', 'l', '0', '-1'), array(...items), `seed ${seed}, step ${step}`);
        harness.engine.check();
      }
    });
  });
}

describe('lists', () => {
  it('a list grows from one encoding into the next, and back', () => {
    const harness = new EngineHarness();
    const encoding = (): string => harness.run('OBJECT', 'ENCODING', 'l');
    for (let index = 0; index < 81; index++) harness.run('RPUSH', 'l', 'x'.repeat(98));
    assert.equal(encoding(), bulk('listpack'));
    harness.run('RPUSH', 'l', 'x'.repeat(98));
    assert.equal(encoding(), bulk('quicklist'));
    while (harness.run('LLEN', 'l') !== ':41\r\n') harness.run('RPOP', 'l');
    assert.equal(encoding(), bulk('quicklist'));
    harness.run('RPOP', 'l');
    assert.equal(encoding(), bulk('listpack'));
    harness.run('LSET', 'l', '0', 'y'.repeat(9000));
    assert.equal(encoding(), bulk('quicklist'));
    harness.run('LSET', 'l', '0', 'y');
    assert.equal(encoding(), bulk('listpack'));
    harness.engine.keyspace.lists.limitPacks(41);
    harness.run('LINSERT', 'l', 'BEFORE', 'y', 'z');
    assert.equal(encoding(), bulk('listpack'));
    harness.run('LPUSH', 'l', 'z');
    assert.equal(encoding(), bulk('quicklist'));
    harness.run('LTRIM', 'l', '0', '20');
    assert.equal(encoding(), bulk('quicklist'));
    harness.run('LREM', 'l', '1', 'z');
    assert.equal(encoding(), bulk('listpack'));
    harness.engine.check();
  });

  it('LREM that finds nothing leaves a list in its form', () => {
    const harness = new EngineHarness();
    harness.engine.keyspace.lists.limitPacks(1);
    harness.run('RPUSH', 'l', 'a', 'b');
    harness.run('RPOP', 'l');
    harness.engine.keyspace.lists.limitPacks(-2);
    assert.equal(harness.run('LREM', 'l', '0', 'x'), ':0\r\n');
    harness.engine.check();
    assert.equal(harness.run('LREM', 'l', '0', 'a'), ':1\r\n');
    harness.engine.check();
  });

  it('counts and ranks that have no magnitude', () => {
    const harness = new EngineHarness();
    const refused = '-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807\r\n';
    harness.run('RPUSH', 'l', 'a');
    assert.equal(harness.run('LREM', 'l', '-9223372036854775808', 'a'), refused);
    assert.equal(harness.run('LPOS', 'l', 'a', 'RANK', '-9223372036854775808'), refused);
    assert.equal(harness.run('LREM', 'l', '-9223372036854775807', 'a'), ':1\r\n');
  });

  it('other types are refused before anything changes', () => {
    const harness = new EngineHarness();
    harness.run('SET', 's', 'x');
    harness.run('RPUSH', 'l', 'a');
    const commands =
      'LPUSH s a,RPUSHX s a,LPOP s,RPOP s 1,LLEN s,LINDEX s 0,LINSERT s BEFORE a b,LSET s 0 a,LRANGE s 0 1,LREM s 0 a,' +
      'LTRIM s 0 1,LPOS s a,LMOVE s l LEFT LEFT,LMOVE l s LEFT LEFT,RPOPLPUSH s l,RPOPLPUSH l s,LMPOP 2 none s LEFT,' +
      'BLPOP none s 0,BRPOP s l 0,BLMOVE s l LEFT LEFT 0,BLMOVE l s LEFT LEFT 0,BRPOPLPUSH l s 0,BLMPOP 0 1 s LEFT,' +
      'LMOVEM s l LEFT LEFT,LMOVEM l s LEFT LEFT COUNT 1 OBO,BLMOVEM l s LEFT LEFT 0';
    for (const command of commands.split(',')) assert.equal(harness.run(...command.split(' ')), WRONG_TYPE, command);
    assert.equal(harness.run('LRANGE', 'l', '0', '-1'), array('a'));
  });

  it('LMOVEM moves several items, one by one or in bulk', () => {
    const check = (options: string, reply: string, source: string, destination: string): void => {
      const harness = new EngineHarness({ propagation: true });
      harness.run('RPUSH', 'a', '1', '2', '3', '4');
      harness.run('RPUSH', 'b', 'x', 'y');
      harness.takePropagated();
      const list = (text: string): string => array(...text.split(' ').filter((item) => item !== ''));
      assert.equal(
        harness.run('LMOVEM', 'a', 'b', ...options.split(' ')),
        reply[0] === '$' ? reply : list(reply),
        options,
      );
      assert.equal(harness.run('LRANGE', 'a', '0', '-1'), list(source), options);
      assert.equal(harness.run('LRANGE', 'b', '0', '-1'), list(destination), options);
      assert.deepEqual(harness.takePropagated(), source === '1 2 3 4' ? [] : [`0 LMOVEM a b ${options}`]);
    };
    check('LEFT LEFT', '1', '2 3 4', '1 x y');
    check('LEFT LEFT COUNT 2 OBO', '2 1', '3 4', '2 1 x y');
    check('LEFT LEFT COUNT 2 BULK', '1 2', '3 4', '1 2 x y');
    check('LEFT RIGHT COUNT 2 OBO', '1 2', '3 4', 'x y 1 2');
    check('LEFT RIGHT COUNT 2 BULK', '1 2', '3 4', 'x y 1 2');
    check('RIGHT LEFT COUNT 3 OBO', '2 3 4', '1', '2 3 4 x y');
    check('RIGHT LEFT EXACTLY 3 BULK', '2 3 4', '1', '2 3 4 x y');
    check('RIGHT RIGHT EXACTLY 3 OBO', '4 3 2', '1', 'x y 4 3 2');
    check('RIGHT RIGHT COUNT 100 BULK', '1 2 3 4', '', 'x y 1 2 3 4');
    check('LEFT LEFT EXACTLY 5 BULK', '$-1\r\n', '1 2 3 4', 'x y');
    check('LEFT LEFT COUNT 0 OBO', '', '1 2 3 4', 'x y');
  });

  it('LMOVEM within one list, from nothing, and with wrong words', () => {
    const harness = new EngineHarness();
    harness.run('RPUSH', 'l', 'a', 'b', 'c');
    assert.equal(harness.run('LMOVEM', 'l', 'l', 'LEFT', 'LEFT', 'EXACTLY', '2', 'OBO'), array('b', 'a'));
    assert.equal(harness.run('LRANGE', 'l', '0', '-1'), array('b', 'a', 'c'));
    assert.equal(harness.run('LMOVEM', 'l', 'l', 'RIGHT', 'RIGHT', 'COUNT', '9', 'BULK'), array('b', 'a', 'c'));
    assert.equal(harness.run('LRANGE', 'l', '0', '-1'), array('b', 'a', 'c'));
    assert.equal(harness.run('LMOVEM', 'none', 'l', 'LEFT', 'LEFT'), '*0\r\n');
    assert.equal(harness.run('LMOVEM', 'none', 'l', 'LEFT', 'LEFT', 'EXACTLY', '1', 'OBO'), '$-1\r\n');
    for (const wrong of [
      'UP LEFT',
      'LEFT LEFT COUNT 1',
      'LEFT LEFT OBO',
      'LEFT LEFT COUNT 1 TWICE',
      'LEFT LEFT COUNT 1 OBO x',
    ]) {
      assert.equal(harness.run('LMOVEM', 'l', 'm', ...wrong.split(' ')), '-ERR syntax error\r\n', wrong);
    }
    const negative = '-ERR value is out of range, must be positive\r\n';
    assert.equal(harness.run('LMOVEM', 'l', 'm', 'LEFT', 'LEFT', 'COUNT', '-1', 'OBO'), negative);
  });

  it('what is propagated', () => {
    const harness = new EngineHarness({ propagation: true });
    const check = (command: string, ...expected: string[]): void => {
      harness.run(...command.split(' '));
      assert.deepEqual(
        harness.takePropagated(),
        expected.map((each) => `0 ${each}`),
        command,
      );
    };
    check('RPUSH l a b c d e f', 'RPUSH l a b c d e f');
    check('LTRIM l 0 -1');
    check('LREM l 0 x');
    check('LINSERT l BEFORE x y');
    check('LPOP l 0');
    check('LPUSHX none x');
    check('LMPOP 1 l LEFT', 'LPOP l 1');
    check('BLMPOP 0 1 l RIGHT COUNT 2', 'RPOP l 2');
    check('BRPOP l 0', 'RPOP l');
    check('BLMOVE l m LEFT RIGHT 0', 'LMOVE l m LEFT RIGHT');
    check('BRPOPLPUSH l m 0', 'RPOPLPUSH l m');
    check('BLMOVEM m l LEFT LEFT 0 COUNT 1 OBO', 'LMOVEM m l LEFT LEFT COUNT 1 OBO');
  });

  it('a list of RESP3 says null where RESP2 says nil', () => {
    const harness = new EngineHarness();
    harness.run('HELLO', '3');
    for (const command of ['LPOP l', 'LPOP l 2', 'LINDEX l 0', 'LPOS l x', 'LMPOP 1 l LEFT', 'RPOPLPUSH l m']) {
      assert.equal(harness.run(...command.split(' ')), '_\r\n', command);
    }
  });

  it('all that a large list took is given back', () => {
    const harness = new EngineHarness();
    const { memory } = harness.engine.keyspace;
    harness.run('PING');
    const before = memory.usedBytes();
    for (let index = 0; index < 300; index++)
      harness.run('RPUSH', 'l', ...Array.from({ length: 100 }, (_, i) => `item ${i}`));
    harness.run('LPUSH', 'l', 'x'.repeat(100_000));
    harness.run('UNLINK', 'l');
    harness.advance(1);
    assert.equal(memory.usedBytes(), before);
    memory.check();
  });
});
