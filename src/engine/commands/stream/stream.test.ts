// Streams over wire bytes: what the comparison with redis-server 7.0.15 cannot say, because it came later or waits.

import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { EngineHarness, START } from '../../../../tests/support/engine-harness.ts';

type Case = readonly [command: string, reply: string | RegExp];

/** A reply on one line: "*2 $3 1-1 :5". */
function shown(reply: string): string {
  return reply
    .replace(/\r\n/g, ' ')
    .replace(/\$\d+ /g, '')
    .trim();
}

function check(harness: EngineHarness, cases: readonly Case[]): void {
  for (const [command, expected] of cases) {
    const reply = shown(harness.run(...command.split(' ').map((word) => (word === "''" ? '' : word))));
    if (typeof expected === 'string') assert.equal(reply, expected, command);
    else assert.match(reply, expected, command);
  }
  harness.engine.check();
}

function filled(entries: number): EngineHarness {
  const harness = new EngineHarness({ propagation: true });
  for (let entry = 1; entry <= entries; entry++) harness.run('XADD', 's', `${entry}-0`, 'f', `v${entry}`);
  harness.takePropagated();
  return harness;
}

const BAD_ID = '-ERR Invalid stream ID specified as stream command argument';
const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value';

describe('entries', () => {
  it('get ids that ascend, from the clock or from the last one', () => {
    const harness = new EngineHarness({ propagation: true });
    check(harness, [
      ['XADD s * f v', `${START}-0`],
      ['XADD s * f v', `${START}-1`],
      [`XADD s ${START + 5}-* f v`, `${START + 5}-0`],
      ['XADD s * f v', `${START + 5}-1`],
      ['XADD s 18446744073709551615-18446744073709551614 f v', '18446744073709551615-18446744073709551614'],
      ['XADD s * f v', '18446744073709551615-18446744073709551615'],
      ['XADD s * f v', '-ERR The stream has exhausted the last possible ID, unable to add more items'],
      ['XLEN s', ':6'],
      ['XRANGE s 18446744073709551615 + COUNT 1', /18446744073709551614 \*2 f v$/],
    ]);
    assert.equal(harness.takePropagated()[1], `0 XADD s ${START}-1 f v`);
  });

  it('of many shapes lie in blocks, and are told in both directions', () => {
    const harness = new EngineHarness();
    harness.engine.keyspace.streams.log.blockEntriesMax = 3;
    const texts = ['1', '-70000', 'x'.repeat(70), '9007199254740993', '', 'yes'];
    const told: string[] = [];
    for (let entry = 1; entry <= 20; entry++) {
      const fields = Array.from({ length: 1 + (entry % 3) }, (_, at) => [
        `f${entry % 4 > 1 ? at : 9}`,
        texts[(entry + at) % 6]!,
      ]);
      harness.run('XADD', 's', `${entry}-${entry}`, ...fields.flat());
      told.push(`*2 ${entry}-${entry} *${fields.length * 2} ${fields.flat().join(' ')}`);
    }
    assert.equal(shown(harness.run('XRANGE', 's', '-', '+')), `*20 ${told.join(' ')}`.trim());
    assert.equal(shown(harness.run('XREVRANGE', 's', '+', '-')), `*20 ${told.toReversed().join(' ')}`.trim());
    assert.equal(shown(harness.run('XRANGE', 's', '(3-3', '5')), `*2 ${told.slice(3, 5).join(' ')}`.trim());
    harness.engine.check();
  });

  it('are removed one by one and by trimming', () => {
    const harness = filled(10);
    check(harness, [
      ['XDEL s 1-0 5-0 5-0 99-0', ':2'],
      ['XTRIM s MAXLEN 6', ':2'],
      ['XTRIM s MINID 7', ':2'],
      ['XRANGE s - + COUNT 1', '*1 *2 7-0 *2 f v7'],
      ['XTRIM s MAXLEN ~ 1', ':0'],
      ['XADD s MAXLEN = 2 11-0 f v', '11-0'],
      ['XLEN s', ':2'],
      ['XTRIM s MAXLEN 0', ':2'],
      ['EXISTS s', ':1'],
      ['OBJECT ENCODING s', 'stream'],
      ['TYPE s', '+stream'],
    ]);
  });

  it('are told of in RESP3 as maps by stream', () => {
    const harness = filled(1);
    harness.run('HELLO', '3');
    harness.run('XGROUP', 'CREATE', 's', 'g', '0');
    check(harness, [
      ['XREAD STREAMS s 0', '%1 s *1 *2 1-0 *2 f v1'],
      ['XREADGROUP GROUP g ann STREAMS s >', '%1 s *1 *2 1-0 *2 f v1'],
      ['XREAD STREAMS s 1', '_'],
      ['XINFO GROUPS s', /^\*1 %6 name g consumers :1 pending :1/],
    ]);
  });
});

test('refuses wrong arguments', () => {
  const harness = filled(3);
  harness.run('SET', 'k', 'v');
  const unbalanced = "for each stream key an ID, '+', or '$' must be specified.";
  check(harness, [
    ['XADD s 0-0 f v', '-ERR The ID specified in XADD must be greater than 0-0'],
    ['XADD s 3-0 f v', '-ERR The ID specified in XADD is equal or smaller than the target stream top item'],
    ['XADD s 1-* f v', '-ERR The ID specified in XADD is equal or smaller than the target stream top item'],
    ['XADD s * f', "-ERR wrong number of arguments for 'xadd' command"],
    ['XADD s MAXLEN -1 * f v', '-ERR The MAXLEN argument must be >= 0.'],
    ['XADD s MAXLEN 1 LIMIT 5 * f v', '-ERR syntax error, LIMIT cannot be used without the special ~ option'],
    ['XADD k * f v', WRONG_TYPE],
    ['XADD s KEEPREF ACKED * f v', '-ERR syntax error'],
    ['XTRIM s', "-ERR wrong number of arguments for 'xtrim' command"],
    ['XTRIM s LIMIT 5', '-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy'],
    ['XRANGE s (18446744073709551615-18446744073709551615 +', '-ERR invalid start ID for the interval'],
    ['XRANGE s - (0-0', '-ERR invalid end ID for the interval'],
    ['XRANGE s x +', BAD_ID],
    ['XRANGE s - + COUNT 0', '*-1'],
    ['XREAD STREAMS s t 0', `-ERR Unbalanced 'xread' list of streams: ${unbalanced}`],
    ['XREAD BLOCK 9223372036854775807 STREAMS s 0', '-ERR timeout is out of range'],
    ['XREAD BLOCK x STREAMS s 0', '-ERR timeout is not an integer or out of range'],
    ['XREAD BLOCK -1 STREAMS s 0', '-ERR timeout is negative'],
    ['XREAD CLAIM 5 STREAMS s 0', '-ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead.'],
    ['XREAD STREAMS k 0', WRONG_TYPE],
    ['XGROUP CREATE k g 0', WRONG_TYPE],
    ['XGROUP CREATECONSUMER k g ann', WRONG_TYPE],
    ['XGROUP DESTROY k g', WRONG_TYPE],
    ['XGROUP CREATE none g 0', /^-ERR The XGROUP subcommand requires the key to exist/],
    ['XINFO STREAM k', WRONG_TYPE],
    ['XCLAIM k g ann 0 1-1', WRONG_TYPE],
    ['XREADGROUP COUNT 1 NOACK STREAMS s 0', '-ERR Missing GROUP option for XREADGROUP'],
    ['XSETID s 2-0', '-ERR The ID specified in XSETID is smaller than the target stream top item'],
    [
      'XSETID s 9-0 ENTRIESADDED 1',
      '-ERR The entries_added specified in XSETID is smaller than the target stream length',
    ],
    ['XCFGSET s', '-ERR At least one parameter must be specified'],
    ['XCFGSET s IDMP-DURATION 86401', '-ERR IDMP-DURATION must be between 1 and 86400 seconds'],
    ['XCFGSET s IDMP-MAXSIZE 0', '-ERR IDMP-MAXSIZE must be between 1 and 10000 entries'],
    ['XCFGSET none IDMP-MAXSIZE 1', '-ERR no such key'],
    ['XLEN s', ':3'],
    ['XINFO STREAM s', /length :3/],
  ]);
  assert.deepEqual(harness.takePropagated(), ['0 SET k v']);
});

describe('groups', () => {
  it('deliver each entry once, and remember it', () => {
    const harness = filled(3);
    harness.run('XGROUP', 'CREATE', 's', 'g', '0');
    harness.takePropagated();
    check(harness, [
      ['XREADGROUP GROUP g ann COUNT 2 STREAMS s >', '*1 *2 s *2 *2 1-0 *2 f v1 *2 2-0 *2 f v2'],
      ['XREADGROUP GROUP g bob STREAMS s >', '*1 *2 s *1 *2 3-0 *2 f v3'],
      ['XREADGROUP GROUP g bob STREAMS s >', '*-1'],
      ['XPENDING s g', '*4 :3 1-0 3-0 *2 *2 ann 2 *2 bob 1'],
      ['XDEL s 2-0', ':1'],
      ['XREADGROUP GROUP g ann STREAMS s 0', '*1 *2 s *2 *2 1-0 *2 f v1 *2 2-0 *-1'],
      ['XPENDING s g - + 10 ann', '*2 *4 1-0 ann :0 :2 *4 2-0 ann :0 :1'],
      ['XACK s g 1-0 1-0 9-9', ':1'],
      ['XGROUP DELCONSUMER s g bob', ':1'],
      ['XPENDING s g', '*4 :1 2-0 2-0 *1 *2 ann 1'],
      ['XGROUP DESTROY s g', ':1'],
    ]);
    assert.deepEqual(harness.takePropagated().slice(0, 5), [
      '-1 MULTI',
      `0 XCLAIM s g ann 0 1-0 TIME ${START} RETRYCOUNT 1 FORCE JUSTID LASTID 1-0`,
      `0 XCLAIM s g ann 0 2-0 TIME ${START} RETRYCOUNT 1 FORCE JUSTID LASTID 2-0`,
      '0 XGROUP SETID s g 2-0 ENTRIESREAD 2',
      '-1 EXEC',
    ]);
  });

  it('tell how far they are behind, as far as that can be known', () => {
    const harness = filled(5);
    const lag = /entries-read (\S+) lag (\S+)/;
    const progress = () =>
      shown(harness.run('XINFO', 'GROUPS', 's'))
        .match(lag)!
        .slice(1)
        .join(' ');
    harness.run('XGROUP', 'CREATE', 's', 'g', '0');
    assert.equal(progress(), '$-1 :5');
    harness.run('XREADGROUP', 'GROUP', 'g', 'ann', 'COUNT', '1', 'STREAMS', 's', '>');
    assert.equal(progress(), ':1 :4');
    harness.run('XDEL', 's', '3-0');
    assert.equal(progress(), ':1 $-1');
    harness.run('XREADGROUP', 'GROUP', 'g', 'ann', 'STREAMS', 's', '>');
    assert.equal(progress(), ':5 :0');
    harness.run('XGROUP', 'SETID', 's', 'g', '0', 'ENTRIESREAD', '9223372036854775807');
    assert.match(shown(harness.run('XINFO', 'GROUPS', 's')), /entries-read :9223372036854775807/);
    harness.engine.check();
  });

  it('claims make their consumer', () => {
    const harness = filled(2);
    harness.run('XGROUP', 'CREATE', 's', 'g', '0');
    check(harness, [
      ['XAUTOCLAIM s g ann 0 0 COUNT 9007199254740992', '*3 0-0 *0 *0'],
      ['XGROUP CREATECONSUMER s g ann', ':0'],
      ['XCLAIM s g bob 0 1-0 9-9 FORCE', '*1 *2 1-0 *2 f v1'],
      ['XCLAIM s g bob 0 1-0 RETRYCOUNT 9223372036854775807 JUSTID', '*1 1-0'],
      ['XPENDING s g - + 1', '*1 *4 1-0 bob :0 :9223372036854775807'],
      ['XDEL s 1-0', ':1'],
      ['XAUTOCLAIM s g eve 0 0', '*3 0-0 *0 *1 1-0'],
      ['XPENDING s g', '*4 :0 $-1 $-1 *-1'],
      ['XINFO CONSUMERS s g', /^\*3 \*8 name ann pending :0 idle :0 inactive :-1 \*8 name bob/],
    ]);
  });

  it('XNACK gives entries back, and CLAIM takes what waited longest first', () => {
    const harness = filled(4);
    harness.run('XGROUP', 'CREATE', 's', 'g', '0');
    harness.run('XREADGROUP', 'GROUP', 'g', 'ann', 'COUNT', '3', 'STREAMS', 's', '>');
    check(harness, [
      ['XNACK s g SILENT IDS 2 3-0 9-9', ':1'],
      ['XNACK s g FATAL IDS 1 1-0', ':1'],
      ['XPENDING s g - + 9', '*3 *4 1-0  :-1 :9223372036854775807 *4 2-0 ann :0 :1 *4 3-0  :-1 :0'],
      ['XINFO STREAM s FULL', /nacked-count :2/],
      ['XNACK s g FAIL IDS 1 4-0', ':0'],
      ['XREADGROUP GROUP g bob COUNT 1 CLAIM 100 STREAMS s >', '*1 *2 s *1 *4 3-0 *2 f v3 :-1 :0'],
      ['XNACK s g FAIL IDS 2 1-0', "-ERR number of IDs doesn't match numids"],
      ['XNACK s g MAYBE IDS 1 1-0', '-ERR mode must be SILENT, FAIL, or FATAL'],
      ['XNACK s g FAIL IDS 1 1-0 9-9', "-ERR Unrecognized XNACK option '9-9'"],
    ]);
    harness.advance(200);
    check(harness, [
      [
        'XREADGROUP GROUP g bob CLAIM 100 STREAMS s >',
        '*1 *2 s *4 *4 1-0 *2 f v1 :-1 :9223372036854775807 *4 2-0 *2 f v2 :200 :1 *4 3-0 *2 f v3 :200 :1 *4 4-0 *2 f v4 :0 :0',
      ],
      ['XREADGROUP GROUP g bob CLAIM 100 STREAMS s >', '*-1'],
      ['XREADGROUP GROUP g eve CLAIM 0 COUNT 2 STREAMS s >', /^\*1 \*2 s \*2 \*4 1-0 .* \*4 2-0 /],
      ['XNACK s g FAIL FORCE RETRYCOUNT 7 IDS 1 1-0', ':1'],
      ['COPY s t', ':1'],
      ['DEL s t', ':2'],
    ]);
  });

  it('a copy knows in which order entries were given back', () => {
    const harness = filled(3);
    harness.run('XGROUP', 'CREATE', 's', 'g', '0');
    harness.run('XREADGROUP', 'GROUP', 'g', 'ann', 'STREAMS', 's', '>');
    check(harness, [
      ['XNACK s g SILENT IDS 1 3-0', ':1'],
      ['XNACK s g SILENT IDS 1 1-0', ':1'],
      ['COPY s t', ':1'],
      ['XREADGROUP GROUP g bob COUNT 1 CLAIM 0 STREAMS t >', /^\*1 \*2 t \*1 \*4 3-0 /],
      ['XREADGROUP GROUP g bob COUNT 1 CLAIM 0 STREAMS s >', /^\*1 \*2 s \*1 \*4 3-0 /],
    ]);
  });

  it('have entries removed with their references, or only when all are done', () => {
    const harness = filled(4);
    for (const group of ['g', 'h']) {
      harness.run('XGROUP', 'CREATE', 's', group, '0');
      harness.run('XREADGROUP', 'GROUP', group, 'ann', 'COUNT', '3', 'STREAMS', 's', '>');
    }
    check(harness, [
      ['XDELEX s ACKED IDS 2 1-0 4-0', '*2 :2 :2'],
      ['XACKDEL s g ACKED IDS 2 1-0 9-0', '*2 :2 :-1'],
      ['XACKDEL s h ACKED IDS 1 1-0', '*1 :1'],
      ['XDELEX s DELREF IDS 1 2-0', '*1 :1'],
      ['XPENDING s g - + 9', '*1 *4 3-0 ann :0 :1'],
      ['XDEL s 3-0', ':1'],
      ['XDELEX s DELREF IDS 1 3-0', '*1 :-1'],
      ['XPENDING s g', '*4 :0 $-1 $-1 *-1'],
      ['XTRIM s MAXLEN 0 ACKED', ':0'],
      ['XTRIM s MAXLEN 0 DELREF', ':1'],
      ['XPENDING s h', '*4 :0 $-1 $-1 *-1'],
      ['XDELEX s IDS 2 1-0', '-ERR The `numids` parameter must match the number of arguments'],
      ['XDELEX s IDS 0 1-0', '-ERR Number of IDs must be a positive integer'],
    ]);
  });
});

describe('reading', () => {
  it('is limited over all streams by MAXCOUNT and MAXSIZE', () => {
    const harness = filled(3);
    harness.run('XADD', 't', '1-0', 'f', 'v');
    check(harness, [
      ['XREAD MAXCOUNT 2 STREAMS s t 0 0', '*1 *2 s *2 *2 1-0 *2 f v1 *2 2-0 *2 f v2'],
      ['XREAD COUNT 1 MAXCOUNT 2 STREAMS s t 0 0', '*2 *2 s *1 *2 1-0 *2 f v1 *2 t *1 *2 1-0 *2 f v'],
      ['XREAD MAXSIZE 1 STREAMS s t 0 0', '*1 *2 s *1 *2 1-0 *2 f v1'],
      ['XREAD STREAMS s +', '*1 *2 s *1 *2 3-0 *2 f v3'],
      ['XREAD MAXCOUNT 0 STREAMS s 0', /^-ERR /],
    ]);
  });

  it('waits for what comes after now', () => {
    const harness = filled(1);
    const [one, two] = [harness.connect(), harness.connect()];
    assert.equal(one.run('XREAD', 'BLOCK', '0', 'STREAMS', 's', 't', '$', '$'), '');
    assert.equal(two.run('XREAD', 'BLOCK', '10', 'STREAMS', 's', '5'), '');
    harness.run('SET', 't', 'x');
    assert.equal(one.take(), '');
    harness.run('XADD', 's', '2-0', 'f', 'v');
    assert.equal(shown(one.take()), '*1 *2 s *1 *2 2-0 *2 f v');
    harness.advance(20);
    assert.equal(two.take(), '*-1\r\n');
    harness.run('MULTI');
    harness.run('XREAD', 'BLOCK', '0', 'STREAMS', 's', '$');
    assert.equal(harness.run('EXEC'), '*1\r\n*-1\r\n');
  });

  it('in a group ends when the group or the key goes', () => {
    const harness = filled(1);
    const wait = () => {
      harness.run('DEL', 's');
      harness.run('XGROUP', 'CREATE', 's', 'g', '$', 'MKSTREAM');
      const client = harness.connect();
      assert.equal(client.run('XREADGROUP', 'GROUP', 'g', 'ann', 'BLOCK', '0', 'STREAMS', 's', '>'), '');
      return client;
    };
    const noGroup = "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option\r\n";
    let client = wait();
    harness.run('XGROUP', 'DESTROY', 's', 'g');
    assert.equal(client.take(), noGroup);
    client = wait();
    harness.run('DEL', 's');
    assert.equal(client.take(), noGroup);
    client = wait();
    harness.run('SET', 's', 'x');
    assert.equal(client.take(), `${WRONG_TYPE}\r\n`);
    client = wait();
    harness.run('XADD', 's', '1-1', 'f', 'v');
    assert.equal(shown(client.take()), '*1 *2 s *1 *2 1-1 *2 f v');
    harness.engine.check();
  });
});

test('a message of a producer is added once', () => {
  const harness = new EngineHarness({ propagation: true });
  check(harness, [
    ['XADD s IDMP p m1 * f v', `${START}-0`],
    ['XADD s IDMP p m1 * f other', `${START}-0`],
    ['XADD s IDMP q m1 * f v', `${START}-1`],
    ['XADD s IDMPAUTO p * f v g w', `${START}-2`],
    ['XADD s IDMPAUTO p * g w f v', `${START}-2`],
    ['XADD s IDMPAUTO p * g v f w', `${START}-3`],
    ['XADD s IDMP p m 9-9 f v', '-ERR IDMP/IDMPAUTO can be used only with auto-generated IDs'],
    ['XADD s IDMP p m IDMPAUTO p * f v', '-ERR IDMP/IDMPAUTO specified multiple times'],
    [
      'XINFO STREAM s',
      /idmp-duration :100 idmp-maxsize :100 pids-tracked :2 iids-tracked :4 iids-added :4 iids-duplicates :2/,
    ],
    [`XIDMPRECORD s p m9 ${START}-1`, '+OK'],
    [`XIDMPRECORD s p m9 ${START}-1`, '+OK'],
    [`XIDMPRECORD s p m9 ${START}-2`, /^-ERR /],
    ['XCFGSET s IDMP-MAXSIZE 2 IDMP-DURATION 60', '+OK'],
    ['XINFO STREAM s', /pids-tracked :0 iids-tracked :0/],
    ['XADD s IDMP p a * f v', `${START}-4`],
    ['XADD s IDMP p b * f v', `${START}-5`],
    ['XADD s IDMP p c * f v', `${START}-6`],
    ['XADD s IDMP p a * f v', `${START}-7`],
    ['XADD s IDMP p c * f v', `${START}-6`],
    ['COPY s t', ':1'],
    ['XADD t IDMP p c * f v', `${START}-6`],
  ]);
  harness.advance(61_000);
  check(harness, [
    ['XADD s IDMP p c * f v', `${START + 61_000}-0`],
    ['DEL s t', ':2'],
  ]);
  assert.equal(harness.takePropagated()[0], `0 XADD s IDMP p m1 ${START}-0 f v`);
});

test('events of streams are those of Redis, in its order', () => {
  const harness = new EngineHarness();
  harness.engine.changes.notifyClasses = -1 & ~(1 << 11);
  harness.engine.refreshEffects();
  const listener = harness.connect();
  listener.run('PSUBSCRIBE', '__keyevent@0__:*');
  const cases: [command: string, events: string][] = [
    ['XADD s 1-0 f v', 'new:s xadd:s'],
    ['XADD s 2-0 f v', 'xadd:s'],
    ['XADD s MAXLEN 1 3-0 f v', 'xadd:s xtrim:s'],
    ['XGROUP CREATE s g 0', 'xgroup-create:s'],
    ['XREADGROUP GROUP g ann STREAMS s >', 'xgroup-createconsumer:s'],
    ['XGROUP CREATECONSUMER s g bob', 'xgroup-createconsumer:s'],
    ['XGROUP DELCONSUMER s g bob', 'xgroup-delconsumer:s'],
    ['XGROUP SETID s g 0', 'xgroup-setid:s'],
    ['XACK s g 3-0', ''],
    ['XSETID s 9-0', 'xsetid:s'],
    ['XDEL s 3-0', 'xdel:s'],
    ['XDEL s 3-0', ''],
    ['XTRIM s MAXLEN 0', ''],
    ['XGROUP DESTROY s g', 'xgroup-destroy:s'],
    ['XGROUP CREATE t g $ MKSTREAM', 'new:t xgroup-create:t'],
    ['DEL s', 'del:s'],
  ];
  for (const [command, events] of cases) {
    listener.take();
    harness.run(...command.split(' '));
    const told = [...listener.take().matchAll(/__:([a-z-]+)\r\n\$\d+\r\n(\S+)\r\n/g)].map(
      (each) => `${each[1]}:${each[2]}`,
    );
    assert.equal(told.join(' '), events, command);
  }
});

test('a large stream is freed in slices, and leaves nothing behind', () => {
  const harness = new EngineHarness();
  const { memory } = harness.engine.keyspace;
  harness.run('SET', 'k', 'v');
  harness.run('DEL', 'k');
  const before = memory.usedBytes();
  for (let entry = 1; entry <= 9000; entry++) harness.run('XADD', 's', `${entry}-0`, 'f', `v${entry}`);
  for (const group of ['g', 'h']) {
    harness.run('XGROUP', 'CREATE', 's', group, '0');
    harness.run('XREADGROUP', 'GROUP', group, 'ann', 'STREAMS', 's', '>');
  }
  harness.run('XREADGROUP', 'GROUP', 'g', 'bob', 'CLAIM', '5', 'STREAMS', 's', '>');
  harness.engine.check();
  harness.run('UNLINK', 's');
  harness.advance(1);
  harness.engine.check();
  assert.equal(memory.usedBytes(), before);
});
