// V8 compiles a function when it is first called. A client that begins with a pipeline of 70 SETs would wait for that, some
// 5 ms, and so would all others. So a program that is up runs some requests of each common kind by itself, before clients
// send theirs: in an engine of its own, of which nobody knows, and few at a time, so that whoever does come meanwhile is served
// between two of them.

import { ENGINE_COMMANDS } from '../engine/all-commands.ts';
import { Engine } from '../engine/engine.ts';
import { NOBODY } from '../engine/obeyed-commands.ts';
import type { Peer, Session } from '../engine/session.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import type { Clock } from '../world/clock.ts';

/** Keys that are set, then read, at once: few at first, and in the end so many that their table grows. */
const PIPELINES = [1, 2, 7, 20, 50, 50, 50, 50];

/** Requests of each family, one at a time: words, and lines between them. */
const FAMILIES: readonly string[] = [
  `PING|ECHO text|MSET key:1 a key:2 b|MGET key:1 key:2 none|SETEX gone 1000 text|SETNX key:1 c|SET key:1 text EX 1000 XX|TTL key:1
   |INCR number|INCRBY number 10|DECR number|GETSET key:2 text|APPEND key:2 more|STRLEN key:2|GETRANGE key:2 0 3|EXISTS key:1 none
   |TYPE key:1|EXPIRE key:2 1000|PEXPIRE key:3 1000000|PERSIST key:2|GETDEL key:4|RENAME key:5 renamed|DEL key:3 none|UNLINK gone
   |SCAN 0 COUNT 10|DBSIZE`,
  `LPUSH list a b c|RPUSH list 1 2 3|LLEN list|LRANGE list 0 -1|LINDEX list 1|LPOP list|RPOP list 2|LMOVE list other LEFT RIGHT
   |LTRIM list 0 0|LREM list 1 a`,
  `HSET hash name value count 1|HGET hash name|HMGET hash name none|HGETALL hash|HINCRBY hash count 2|HEXISTS hash name|HLEN hash
   |HDEL hash name|HSCAN hash 0`,
  `SADD set a b c|SADD numbers 1 2 3|SISMEMBER set a|SMEMBERS set|SCARD set|SINTER set numbers|SREM set a|SPOP set|SSCAN numbers 0`,
  `ZADD sorted 1 a 2 b 3 c|ZADD sorted XX CH 4 a|ZINCRBY sorted 1 b|ZSCORE sorted a|ZRANK sorted a|ZRANGE sorted 0 -1 WITHSCORES
   |ZRANGEBYSCORE sorted -inf 3|ZCARD sorted|ZPOPMIN sorted|ZREM sorted c`,
  `XADD stream * field value|XADD stream MAXLEN ~ 100 * field value|XLEN stream|XRANGE stream - +|XGROUP CREATE stream group 0
   |XREADGROUP GROUP group consumer COUNT 1 STREAMS stream >|XREAD COUNT 1 STREAMS stream 0`,
  `MULTI|SET key:1 text|INCR number|EXEC|WATCH key:1|UNWATCH|PUBLISH channel text|SELECT 1|SELECT 0|HELLO 3|GET key:1|HGETALL hash`,
];

export class WarmUp {
  private readonly engine: Engine;
  private readonly session: Session;
  /** Still to be run at once, each as FAMILIES has them. */
  private readonly pipelines: string[] = [];

  /** `peer` gets the replies. */
  constructor(clock: Clock, peer: Peer = NOBODY) {
    this.engine = new Engine({ clock, seed: 1, commands: ENGINE_COMMANDS, databases: 2 });
    this.session = this.engine.openSession(peer);
    let from = 0;
    for (const length of PIPELINES) {
      const keys = Array.from({ length }, (_, index) => `key:${from + index}`);
      this.pipelines.push(keys.map((key) => `SET ${key} text`).join('|'), keys.map((key) => `GET ${key}`).join('|'));
      from += length;
    }
    this.pipelines.push(...FAMILIES.flatMap((family) => family.split('|')));
  }

  /** Runs some requests; false when those were the last, and all memory is given back. */
  step(): boolean {
    const text = this.pipelines.shift();
    if (text === undefined) return false;
    const { engine, session } = this;
    const bytes = fromLatin1(requests(text));
    engine.receive(session, bytes, 0, bytes.length);
    engine.endTick();
    if (this.pipelines.length > 0) return true;
    engine.closeSession(session);
    engine.keyspace.memory.release();
    return false;
  }
}

/** Requests as clients send them. */
function requests(text: string): string {
  return text
    .split('|')
    .map((request) => {
      const words = request.trim().split(' ');
      return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
    })
    .join('');
}
