// The propagation stream against the append-only file that redis-server 7.0.15 writes for the same commands: every
// rewriting by hand, and generated commands besides. Times come from two clocks and may be some seconds apart.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { Engine } from '../../src/engine/engine.ts';
import { toLatin1 } from '../../src/lib/bytes.ts';
import { encode, TestClient } from '../support/engine-harness.ts';
import { RawConnection, type ServerProcess, SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';
import { CommandGenerator } from './command-generator.ts';
import { bulkOf, elementsOf, frameEnd, framesOf } from './reply-frames.ts';

const TOLERANCE_MS = 10_000;
const REAL_CLOCK = { now: () => Date.now(), elapsed: () => performance.now() };
const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

/** Left out of the generated streams: messages go to replicas, not to the file, random choices expire random keys, and
 *  XREADGROUP tells more since 7.2. */
const NOT_COMPARED = /^(publish|spublish|randomkey|scan|xreadgroup)$/i;

const FAR = '32503680000';
const CASES: Readonly<Record<string, readonly string[]>> = {
  'SET with a relative expiry becomes PXAT': [
    'SET a 1 EX 100',
    'SET a 1 PX 100000',
    `SET a 1 EXAT ${FAR}`,
    `SET a 1 PXAT ${FAR}000`,
  ],
  'SET with conditions': [
    'SET a 1 NX',
    'SET a 2 NX',
    'SET a 3 XX',
    'SET b 3 XX',
    'SET a 4 GET',
    'SET a 5 XX GET EX 100',
    'SET c 5 NX GET',
  ],
  'SET KEEPTTL': ['SET a 1 EX 100', 'SET a 2 KEEPTTL', 'SET a 3 KEEPTTL XX GET'],
  'SETEX and PSETEX become SET PXAT': ['SETEX a 100 1', 'PSETEX a 100000 2', 'SETNX a 3', 'SETNX b 3'],
  'GETSET becomes SET': ['GETSET a 1', 'GETSET a 2', 'GETDEL a', 'GETDEL a'],
  'GETEX becomes PEXPIREAT, PERSIST or DEL': [
    'SET a 1',
    'GETEX a',
    'GETEX a EX 100',
    'GETEX a PERSIST',
    'GETEX a PERSIST',
    `GETEX a PXAT ${FAR}000`,
    'GETEX a EXAT 1',
    'GETEX nosuch EX 5',
  ],
  'EXPIRE becomes PEXPIREAT, with its conditions': [
    'SET a 1',
    'EXPIRE a 100',
    'PEXPIRE a 200000 GT',
    'EXPIRE a 50 XX',
    'EXPIRE a 10 NX',
    `EXPIREAT a ${FAR}`,
    `PEXPIREAT a ${FAR}000 LT`,
    'EXPIRE nosuch 5',
    'PERSIST a',
    'PERSIST a',
  ],
  'EXPIRE in the past becomes DEL': ['SET a 1', 'EXPIRE a -1', 'SET a 1', 'PEXPIREAT a 1', 'SET a 1', 'EXPIREAT a 0'],
  increments: ['INCR a', 'INCRBY a 5', 'DECR a', 'DECRBY a 2', 'INCRBYFLOAT a 0.5', 'INCRBYFLOAT a 0.1', 'INCR a'],
  ranges: ['APPEND a hello', 'APPEND a ""', 'SETRANGE a 2 xx', 'SETRANGE a 2 ""', 'SETRANGE n 0 ""'],
  'several keys': ['MSET a 1 b 2', 'MSETNX a 1 c 2', 'MSETNX d 1 e 2', 'DEL a b nosuch', 'DEL nosuch', 'UNLINK d e'],
  'rename, copy, move': [
    'SET a 1 EX 100',
    'RENAME a b',
    'RENAMENX b c',
    'RENAME c c',
    'COPY c d',
    'COPY c d',
    'COPY c d REPLACE',
    'COPY c d DB 3',
    'MOVE c 1',
    'MOVE c 1',
  ],
  databases: [
    'SELECT 3',
    'SET a 1',
    'SELECT 0',
    'SET a 1',
    'SWAPDB 0 3',
    'FLUSHDB',
    'FLUSHDB',
    'FLUSHALL ASYNC',
    'FLUSHALL',
  ],
  'lazy expiry becomes DEL': [
    'SET a 1 PXAT 1',
    'GET a',
    'SET a 1 PXAT 1',
    'INCR a',
    'SET a 1 PXAT 1',
    'EXISTS a',
    'MSET b 1 c 2',
    'PEXPIREAT b 1',
    'MGET a b c',
  ],
  'a transaction is one unit': [
    'MULTI',
    'SET a 1',
    'INCR a',
    'EXEC',
    'MULTI',
    'SET a 1',
    'EXEC',
    'MULTI',
    'GET a',
    'EXEC',
    'MULTI',
    'EXEC',
  ],
  'a transaction over databases': ['MULTI', 'SET a 1', 'SELECT 2', 'SET a 2', 'EXEC', 'SET b 1'],
  'a transaction with rewritings and failures': [
    'SET s x',
    'MULTI',
    'SET a 1 EX 100',
    'INCR s',
    'GETDEL a',
    'INCRBYFLOAT f 1.5',
    'EXEC',
  ],
  'nothing is propagated': [
    'GET a',
    'SET a',
    'INCR a x',
    'MULTI',
    'SET a 1',
    'DISCARD',
    'WATCH a',
    'SET a 2',
    'MULTI',
    'SET a 3',
    'EXEC',
  ],
  'sorted sets': [
    'ZADD z 1 a 2 b 3 c',
    'ZADD z 1 a',
    'ZADD z XX 5 nosuch',
    'ZADD z GT CH 9 a 0 b',
    'ZADD z INCR 1.5 a',
    'ZINCRBY z 0 a',
    'ZINCRBY z 2 a',
    'ZREM z nosuch',
    'ZREM z a nosuch',
    'ZREMRANGEBYSCORE z 100 200',
    'ZREMRANGEBYSCORE z 2 2',
    'ZREMRANGEBYRANK z 0 -1',
    'ZADD y 0 a 0 b 0 c',
    'ZREMRANGEBYLEX y [a (b',
  ],
  'ZMPOP and the blocking pops become ZPOPMIN or ZPOPMAX': [
    'ZADD z 1 a 2 b 3 c 4 d 5 e 6 f',
    'ZPOPMIN z',
    'ZPOPMAX z 0',
    'ZPOPMAX z 1',
    'ZPOPMIN nosuch',
    'ZMPOP 2 nosuch z MIN',
    'ZMPOP 1 z MAX COUNT 1',
    'ZMPOP 1 nosuch MAX',
    'BZPOPMIN nosuch z 1',
    'BZMPOP 1 1 z MAX COUNT 10',
    'MULTI',
    'BZPOPMAX z 1',
    'EXEC',
  ],
  'GEOADD becomes ZADD, stored searches stay': [
    'GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania',
    'GEOADD g 13.361389 38.115556 Palermo',
    'GEOADD g XX CH 13.5 38 Palermo 1 2 nosuch',
    'GEOADD g NX 1 2 Palermo',
    'GEOADD g 180 85.05112878 corner',
    'GEOADD g 1 2',
    'GEOSEARCHSTORE near g FROMLONLAT 15 37 BYRADIUS 200 km',
    'GEOSEARCHSTORE near g FROMLONLAT 15 37 BYBOX 400 400 km STOREDIST COUNT 1',
    'GEOSEARCHSTORE near g FROMLONLAT 15 37 BYRADIUS 0 m',
    'GEOSEARCHSTORE near g FROMLONLAT 15 37 BYRADIUS 0 m',
    'GEORADIUS g 15 37 200 km STORE near',
    'GEORADIUS g 15 37 200 km',
    'GEORADIUSBYMEMBER g Palermo 200 km STOREDIST near',
    'GEORADIUSBYMEMBER nosuch Palermo 200 km STOREDIST near',
    'GEORADIUSBYMEMBER nosuch Palermo 200 km STOREDIST near',
  ],
  'SORT is propagated when it stores': [
    'RPUSH l 3 1 2',
    'SORT l',
    'SORT_RO l',
    'SORT l STORE l',
    'SADD s b a c',
    'SORT s BY nosort GET # STORE d',
    'SORT l LIMIT 5 1 STORE d',
    'SORT l LIMIT 5 1 STORE d',
    'SORT nosuch STORE l',
    'SORT s STORE d',
  ],
  'stored sorted sets': [
    'ZADD a 1 x 2 y',
    'ZADD b 10 y 20 z',
    'ZUNIONSTORE u 2 a b',
    'ZINTERSTORE i 2 a b WEIGHTS 2 3',
    'ZDIFFSTORE d 2 a b',
    'ZDIFFSTORE d 2 a a',
    'ZDIFFSTORE d 2 a a',
    'ZRANGESTORE r u 0 1',
    'ZRANGESTORE r u 5 9',
    'ZRANGESTORE r u 5 9',
    'ZUNION 2 a b',
  ],
  'streams: real ids, exact thresholds': [
    'XADD x 1-1 f v',
    'XADD x 2-* f v',
    'XADD x 2-* f v g w',
    'XADD x NOMKSTREAM 3-1 f v',
    'XADD y NOMKSTREAM 3-1 f v',
    'XADD x MAXLEN ~ 2 5-1 f v',
    'XADD x MAXLEN = 2 6-1 f v',
    'XADD x MINID ~ 6 7-* f v',
    'XADD x MINID 6 8-1 f v',
    'XADD x MAXLEN ~ 1 LIMIT 10 9-1 f v',
    'XTRIM x MAXLEN ~ 0',
    'XADD x 10-1 f v',
    'XADD x 11-1 f v',
    'XTRIM x MINID 11',
    'XTRIM x MAXLEN 5',
    'XDEL x 11-1 99-1',
    'XDEL x 99-1',
    'XSETID x 50-0 ENTRIESADDED 20 MAXDELETEDID 12-0',
    'XADD x 5-1 f v',
  ],
  // What is delivered with a reply is told otherwise since 7.2: src/engine/commands/stream/stream.test.ts.
  'streams: groups, and what is read without being pending': [
    'XADD x 1-1 f v',
    'XADD x 2-1 f v',
    'XADD x 3-1 f v',
    'XGROUP CREATE x g 0',
    'XGROUP CREATE x g 0',
    'XGROUP CREATE y g $ MKSTREAM',
    'XREADGROUP GROUP g bob COUNT 1 NOACK STREAMS x >',
    'XREADGROUP GROUP g bob NOACK STREAMS x >',
    'XREADGROUP GROUP g bob NOACK STREAMS x >',
    'XCLAIM x g ann 0 1-1 FORCE',
    'XREADGROUP GROUP g ann STREAMS x 0',
    'XACK x g 1-1 9-9',
    'XACK x g 9-9',
    'XGROUP SETID x g 0',
    'XGROUP SETID x g 2-1 ENTRIESREAD 2',
    'XGROUP CREATECONSUMER x g eve',
    'XGROUP CREATECONSUMER x g eve',
    'XGROUP DELCONSUMER x g eve',
    'XGROUP DELCONSUMER x g eve',
    'XGROUP DESTROY x g',
    'XGROUP DESTROY x g',
  ],
  'streams: claims': [
    'XADD x 1-1 f v',
    'XADD x 2-1 f v',
    'XADD x 3-1 f v',
    'XGROUP CREATE x g 0',
    'XCLAIM x g ann 0 1-1 2-1 3-1 FORCE',
    'XCLAIM x g bob 0 1-1 9-9',
    'XCLAIM x g bob 100000 1-1',
    'XCLAIM x g bob 0 2-1 IDLE 5000 RETRYCOUNT 7 JUSTID',
    'XCLAIM x g bob 0 2-1 LASTID 9-9',
    'XCLAIM x g bob 0 9-9 LASTID 12-0',
    'XDEL x 2-1',
    'XCLAIM x g ann 0 2-1',
    'XAUTOCLAIM x g ann 0 0 COUNT 1',
    'XAUTOCLAIM x g bob 0 - JUSTID',
    'XDEL x 3-1',
    'XAUTOCLAIM x g ann 0 0',
    'XAUTOCLAIM x g ann 100000 0',
  ],
  'expiry within a transaction': ['SET a 1 PXAT 1', 'MULTI', 'GET a', 'SET b 1', 'EXEC'],
};

function words(line: string): string[] {
  return line.split(' ').map((word) => (word === '""' ? '' : word));
}

/** Commands of a stream, each with its database in front (-1 for MULTI and EXEC), SELECT taken out. */
function commandsOf(text: string): string[][] {
  const commands: string[][] = [];
  let database = 0;
  for (const frame of framesOf(text)) {
    const args = elementsOf(frame)!.map((element) => bulkOf(element)!);
    const name = args[0]!.toLowerCase();
    if (name === 'select') database = Number(args[1]);
    else commands.push([name === 'multi' || name === 'exec' ? '-1' : String(database), ...args]);
  }
  return commands;
}

function isSameWord(ours: string | undefined, theirs: string | undefined): boolean {
  if (ours === theirs) return true;
  const a = Number(ours);
  return a > 1_600_000_000_000 && Math.abs(a - Number(theirs)) < TOLERANCE_MS;
}

/** The first place at which two streams differ, as text; null when they are the same. */
function difference(ours: readonly string[][], theirs: readonly string[][]): string | null {
  for (let index = 0; index < Math.max(ours.length, theirs.length); index++) {
    const a = ours[index] ?? [];
    const b = theirs[index] ?? [];
    const same =
      a.length === b.length &&
      a.every((word, at) => isSameWord(at === 1 ? word.toUpperCase() : word, at === 1 ? b[at]!.toUpperCase() : b[at]));
    if (same) continue;
    const before = theirs.slice(Math.max(0, index - 3), index).map((each) => JSON.stringify(each).slice(0, 200));
    return `after ${before.join(' ')}\nours   ${JSON.stringify(a).slice(0, 300)}\ntheirs ${JSON.stringify(b).slice(0, 300)}`;
  }
  return null;
}

class Streams {
  private readonly engine = new Engine({ clock: REAL_CLOCK, seed: 1, commands: ENGINE_COMMANDS });
  private readonly client = new TestClient(this.engine, 1);
  private ours = '';
  private taken = 0;
  private database = 0;
  readonly server: ServerProcess;
  private readonly connection: RawConnection;

  constructor(server: ServerProcess, connection: RawConnection) {
    this.server = server;
    this.connection = connection;
    this.engine.propagation.attach({
      command: (database, bytes, start, end) => {
        if (database >= 0 && database !== this.database) {
          this.ours += encode(['SELECT', String(database)]);
          this.database = database;
        }
        this.ours += toLatin1(bytes, start, end);
      },
    });
  }

  /** Runs commands from an empty state on both; what each propagated for them. */
  async run(commands: readonly (readonly string[])[]): Promise<{ ours: string[][]; theirs: string[][] }> {
    await this.reset();
    for (const command of commands) this.client.run(...command);
    await this.send(commands);
    const ours = this.ours;
    const theirs = this.file();
    return { ours: commandsOf(ours), theirs: commandsOf(theirs) };
  }

  /** Empties both, and makes database 0 the one that both streams are at. */
  private async reset(): Promise<void> {
    const clean = [
      ['RESET'],
      ['FLUSHALL'],
      ['SELECT', '1'],
      ['SET', 'x', '1'],
      ['SELECT', '0'],
      ['SET', 'x', '1'],
      ['FLUSHALL'],
    ];
    for (const command of clean) this.client.run(...command);
    await this.send(clean);
    this.file();
    this.ours = '';
    this.database = 0;
  }

  private async send(commands: readonly (readonly string[])[]): Promise<void> {
    const marker = '$4\r\nend!\r\n';
    this.connection.write([...commands, ['RESET'], ['RESET'], ['ECHO', 'end!']].map(encode).join(''));
    const text = await this.connection.read((received) => received.endsWith(marker), 10_000);
    assert.ok(text.endsWith(marker), 'redis-server answers');
  }

  /** What has come to the file since the last look. */
  private file(): string {
    const path = join(this.server.directory, 'appendonlydir', 'appendonly.aof.1.incr.aof');
    const text = readFileSync(path, 'latin1');
    // The last command may be half written only if the server has not answered; it has.
    assert.ok(text.length === this.taken || frameEnd(text, this.taken) > 0);
    const news = text.slice(this.taken);
    this.taken = text.length;
    return news;
  }
}

describe('the propagation stream is what redis-server appends to its file', { skip: SKIP_WITHOUT_REDIS }, () => {
  let streams: Streams;
  before(async () => {
    const server = await startRedis([
      ...['--appendonly', 'yes', '--aof-use-rdb-preamble', 'no', '--appendfsync', 'always', '--io-threads', '1'],
      ...['--enable-debug-command', 'yes'],
    ]);
    const connection = await RawConnection.open(server.port);
    connection.write(encode(['DEBUG', 'SET-ACTIVE-EXPIRE', '0']));
    await connection.read((text) => text.length > 0);
    streams = new Streams(server, connection);
  });
  after(async () => {
    await streams.server.stop();
  });

  for (const [what, lines] of Object.entries(CASES)) {
    it(what, async () => {
      const { ours, theirs } = await streams.run(lines.map(words));
      assert.equal(difference(ours, theirs), null);
    });
  }

  it(`generated commands, seed ${SEED}`, async () => {
    const generator = new CommandGenerator(SEED, ENGINE_COMMANDS);
    for (let batch = 0; batch < 60; batch++) {
      const commands = generator.batch(60).filter((command) => !NOT_COMPARED.test(command[0]!));
      const { ours, theirs } = await streams.run(commands);
      const found = difference(ours, theirs);
      assert.equal(found, null, `batch ${batch}: ${found}`);
    }
  });
});
