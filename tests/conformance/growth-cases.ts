// Commands over collections of two sizes, for the test of their declared complexities (growth.test.ts). A line is
//
//   grows | before; before | COMMAND argument …
//
// `grows` names the variables of the declared complexity that stand for what is larger in the larger collections ('@' the
// things of "for each"; none where the command is not to be slower), with #1 or #2 for a further form of the declaration.
// What is before is done before each run and not counted; where that is much, the last of it brings what the command needs
// back into the caches.
//
// {N} is the size, {last} one less, {mid} half of it, {id} a number that grows from run to run. {many:a b*} stands for as
// many words as the size says, {pairs:a b*} for as many pairs, with their number in place of *; {payload:key} for what
// DUMP says of a key.

/** Makes the collections; their sizes are N unless the name says otherwise. */
export const SETUP: readonly string[] = [
  'MSET {pairs:key:* value:*}',
  'SET string {long}',
  'SET other {long}',
  'SET text1 {text}',
  'SET text2 {text}',
  'RPUSH list {many:item:*}',
  'RPUSH queue {many:item:*}',
  'SADD set {many:member:*}',
  'SADD set2 {many:member:*}',
  'SADD small member:1 member:2 member:3 member:4',
  'HSET hash {pairs:field:* value:*}',
  'HSET expiring {pairs:field:* value:*}',
  'HPEXPIRE expiring 100000000 FIELDS {N} {many:field:*}',
  'ZADD zset {pairs:* member:*}',
  'ZADD zset2 {pairs:* member:*}',
  'ZADD named {pairs:* member:*}',
  'ZADD lex {pairs:0 member:*}',
  'ZADD zsmall 1 member:1 2 member:2 3 member:3',
  'GEOADD geo {places}',
  '{entries}',
  'XGROUP CREATE stream g 0',
  'XREADGROUP GROUP g c COUNT {N} STREAMS stream >',
  'PFADD hll {many:element:*}',
  'HIMPORT PREPARE few a b c',
];

const STRINGS = `
  | | GET key:{mid}
  | | GETDEL nosuch
  | SET gone v | GETDEL gone
  | | GETEX key:{mid} EX 100000
  | | GETSET key:{mid} value
  | | MGET key:1 key:2 key:{mid}
N | | MGET {many:key:*}
  | | MSET key:1 a key:{mid} b
N | | MSET {pairs:key:* new:*}
  | | MSETNX key:1 a new b
  | | MSETEX 2 key:1 a key:{mid} b PX 100000000
  | | SET key:{mid} value
  | | SETEX key:{mid} 100000 value
  | | PSETEX key:{mid} 100000000 value
  | | SETNX key:{mid} value
  | SET number 5 | INCR number
  | SET number 5 | DECR number
  | SET number 5 | INCRBY number 7
  | SET number 5 | DECRBY number 7
  | SET number 5 | INCRBYFLOAT number 1.5
  | SET number 5 | INCREX number BYINT 3 UBOUND 10
  | | APPEND string x
  | | GETRANGE string {mid} 100
N | | GETRANGE string 0 -1
N | | SUBSTR string 0 -1
M | | SETRANGE string 0 {long}
  | | SETRANGE string {mid} abc
  | | STRLEN string
NM | | LCS text1 text2 LEN
  | SET gone v | DELEX gone
N#1 | | DELEX string IFDEQ 0000000000000000
N | | DIGEST string
N | | BITCOUNT string
N | | BITPOS string 1 0 -1
  | | GETBIT string {mid}
  | | SETBIT string {mid} 1
N | | BITOP XOR result string other
  | | BITFIELD string GET u8 {mid}
  | | BITFIELD_RO string GET u8 {mid}
  | | PFADD hll new
@ | DEL hll2 | PFADD hll2 {many:element:*}
  | | PFCOUNT hll
  | | PFMERGE merged hll
`;

const LISTS = `
  | RPUSH queue x | LPOP queue
N | COPY list copy REPLACE | LPOP copy {N}
N | COPY list copy REPLACE | RPOP copy {N}
  | RPUSH queue x | RPOP queue
  | LPOP queue | LPUSH queue x
@ | DEL copy | LPUSH copy {many:item:*}
@ | DEL copy | RPUSH copy {many:item:*}
  | LPOP queue | RPUSH queue x
  | LPOP queue | LPUSHX queue x
  | LPOP queue | RPUSHX queue x
  | | LINDEX list 5
N | | LINDEX list {mid}
N | RPOP list | LINSERT list BEFORE item:{mid} x
  | RPOP list | LINSERT list BEFORE item:9 x
  | | LLEN list
N | | LREM list 0 nosuch
  | | LSET list 5 item:5
N | | LSET list {mid} item:{mid}
  | | LRANGE list 5 15
S | | LRANGE list {mid} {mid}
N | | LRANGE list 0 -1
  | RPUSH queue x | LTRIM queue 0 -2
N | COPY list copy REPLACE | LTRIM copy 0 0
N | | LPOS list nosuch
  | | LPOS list item:9
  | | LMOVE queue queue LEFT RIGHT
  | | RPOPLPUSH queue queue
  | | BLMOVE queue queue LEFT RIGHT 0
  | | BRPOPLPUSH queue queue 0
  | | LMOVEM queue queue LEFT RIGHT COUNT 3 BULK
  | | BLMOVEM queue queue LEFT RIGHT 0 COUNT 3 BULK
  | RPUSH queue x | LMPOP 1 queue RIGHT
M | COPY list copy REPLACE | LMPOP 1 copy LEFT COUNT {N}
  | RPUSH queue x | BLMPOP 0 1 queue RIGHT
  | RPUSH queue x | BLPOP queue 0
  | RPUSH queue x | BRPOP queue 0
N#0 | | SORT list ALPHA LIMIT 0 10
N#1 | | SORT list BY nosort GET # LIMIT 0 10
NM | | SORT_RO list ALPHA
NM | | SORT list ALPHA STORE result
`;

const SETS = `
  | SREM set new | SADD set new
@ | DEL copy | SADD copy {many:member:*}
  | | SCARD set
  | | SISMEMBER set member:{mid}
N | | SMEMBERS set
  | | SMISMEMBER set member:1 nosuch
  | SADD set moved; SREM set2 moved | SMOVE set set2 moved
  | SADD set gone | SREM set gone
@ | COPY set copy REPLACE | SREM copy {many:member:*}
  | | SSCAN set 0
  | SADD set again | SPOP set
N#1 | COPY set copy REPLACE | SPOP copy {mid}
  | | SRANDMEMBER set
  | | SRANDMEMBER set 5
N#1 | | SRANDMEMBER set {mid}
N | | SDIFF set set2
N | | SDIFFCARD 2 set set2
N | | SDIFFSTORE result set small
N | | SINTER set set2
  | | SINTER small set
  | | SINTERCARD 2 small set
N | | SINTERSTORE result set set2
N | | SUNION set set2
N | | SUNIONCARD 2 set set2
N | | SUNIONSTORE result set set2
N#1 | | SORT set BY nosort LIMIT 0 10
`;

const HASHES = `
  | | HGET hash field:{mid}
  | | HMGET hash field:1 field:{mid} nosuch
  | | HEXISTS hash field:{mid}
  | | HLEN hash
  | | HSTRLEN hash field:{mid}
  | HDEL hash new | HSET hash new v
@ | DEL copy | HSET copy {pairs:field:* value:*}
  | | HMSET hash field:{mid} v
N | DEL copy | HMSET copy {pairs:field:* value:*}
  | HDEL hash new | HSETNX hash new v
  | HSET hash gone v | HDEL hash gone
N | COPY hash copy REPLACE | HDEL copy {many:field:*}
N | | HGETALL hash
N | | HKEYS hash
N | | HVALS hash
  | | HRANDFIELD hash
  | | HRANDFIELD hash 5
N | | HRANDFIELD hash {mid}
  | | HSCAN hash 0
  | HSET hash number 5 | HINCRBY hash number 3
  | HSET hash number 5 | HINCRBYFLOAT hash number 1.5
  | | HTTL expiring FIELDS 2 field:1 field:{mid}
  | | HPTTL expiring FIELDS 2 field:1 field:{mid}
  | | HEXPIRETIME expiring FIELDS 1 field:{mid}
  | | HPEXPIRETIME expiring FIELDS 1 field:{mid}
  | | HEXPIRE expiring 100000 FIELDS 1 field:{mid}
  | | HPEXPIRE expiring 100000000 FIELDS 1 field:{mid}
  | | HEXPIREAT expiring 1995219200 FIELDS 1 field:{mid}
  | | HPEXPIREAT expiring 1995219200000 FIELDS 1 field:{mid}
N | | HPEXPIREAT expiring 1995219200000 FIELDS {N} {many:field:*}
  | HEXPIRE expiring 100000 FIELDS 1 field:{mid} | HPERSIST expiring FIELDS 1 field:{mid}
  | | HGETEX expiring EX 100000 FIELDS 1 field:{mid}
  | | HSETEX expiring EX 100000 FIELDS 1 field:{mid} v
  | HSET hash gone v | HGETDEL hash FIELDS 1 gone
  | | HIMPORT SET key:{mid}h few 1 2 3
`;

const SORTED_SETS = `
N | ZREM zset new | ZADD zset {mid}.5 new
N@ | DEL copy | ZADD copy {pairs:* member:*}
N | | ZINCRBY zset 1 member:{mid}
  | | ZCARD zset
  | | ZMSCORE zset member:1 member:{mid}
N | | ZRANK zset member:{mid}
N | | ZREVRANK zset member:{mid}
  | | ZSCORE zset member:{mid}
N | ZADD zset {mid}.5 gone | ZREM zset gone
  | | ZSCAN zset 0
N | | ZCOUNT zset 10 {mid}
N | | ZLEXCOUNT lex - [member:{mid}
N | | ZRANGE zset {mid} {mid}
NM | | ZRANGE zset 0 -1
N | | ZRANGEBYLEX lex [member:{mid} + LIMIT 0 5
N | | ZREVRANGEBYLEX lex [member:{mid} - LIMIT 0 5
N | | ZRANGEBYSCORE zset {mid} +inf LIMIT 0 5
NM | | ZRANGEBYSCORE zset -inf +inf
N | | ZREVRANGEBYSCORE zset {mid} -inf LIMIT 0 5
N | | ZREVRANGE zset 5 15
N | | ZRANGESTORE result zset 5 15
NM | | ZRANGESTORE result zset 0 -1
N | ZADD lex 0 aaa | ZREMRANGEBYLEX lex [aaa [aab
N | ZADD zset -5 gone | ZREMRANGEBYRANK zset 0 0
N | ZADD zset -5 gone | ZREMRANGEBYSCORE zset -5 -5
NM | COPY zset copy REPLACE | ZREMRANGEBYSCORE copy -inf +inf
N | ZADD zset -5 gone | ZPOPMIN zset
NM | COPY zset copy REPLACE | ZPOPMIN copy {N}
N | ZADD zset inf gone | ZPOPMAX zset
N | ZADD zset -5 gone | BZPOPMIN zset 0
N | ZADD zset inf gone | BZPOPMAX zset 0
N | ZADD zset -5 gone | ZMPOP 1 zset MIN
N | ZADD zset -5 gone | BZMPOP 0 1 zset MIN
  | | ZRANDMEMBER zset
  | | ZRANDMEMBER zset 5
N | | ZRANDMEMBER zset {mid}
LN | | ZDIFF 2 zset zset2
LN | | ZDIFFSTORE result 2 zset zsmall
  | | ZINTER 2 zsmall zset
NM | | ZINTER 2 zset zset2
  | | ZINTERCARD 2 zsmall zset
N | | ZINTERCARD 2 zset zset2
NM | | ZINTERSTORE result 2 zset zset2
NM | | ZUNION 2 zset zset2
NM | | ZUNIONSTORE result 2 zset zset2
N | ZREM geo new | GEOADD geo 1 1 new
  | | GEODIST geo place:1 place:{mid}
  | | GEOHASH geo place:1 place:{mid}
  | | GEOPOS geo place:1 place:{mid}
NM | | GEORADIUS geo 15 37 9000 km
NM | | GEORADIUS_RO geo 15 37 9000 km
NM | | GEORADIUSBYMEMBER geo place:1 9000 km
NM | | GEORADIUSBYMEMBER_RO geo place:1 9000 km
NM | | GEOSEARCH geo FROMLONLAT 15 37 BYRADIUS 9000 km
NM | | GEOSEARCHSTORE result geo FROMLONLAT 15 37 BYRADIUS 9000 km
`;

const STREAMS = `
  | | XADD stream {id}-1 f v
N#1 | COPY stream copy REPLACE | XADD copy MAXLEN = 10 {id}-1 f v
  | XADD stream {id}-1 f v | XTRIM stream MAXLEN ~ {N}
N | COPY stream copy REPLACE | XTRIM copy MAXLEN = 0
N | XADD stream {id}-1 f v | XDEL stream {id}-1
N | XADD stream {id}-1 f v | XDELEX stream IDS 1 {id}-1
N | XADD stream {id}-1 f v; XREADGROUP GROUP g c STREAMS stream > | XACKDEL stream g IDS 1 {id}-1
  | | XLEN stream
M#1 | | XRANGE stream {mid}-1 + COUNT 10
N | | XRANGE stream - +
M#1 | | XREVRANGE stream {mid}-1 - COUNT 10
  | | XREAD COUNT 10 STREAMS stream {mid}
N | | XREAD STREAMS stream 0
M | XADD stream {id}-1 f v | XREADGROUP GROUP g c COUNT 1 STREAMS stream >
M | | XREADGROUP GROUP g c COUNT 10 STREAMS stream {mid}
  | XGROUP DESTROY stream h | XGROUP CREATE stream h $
  | XGROUP DELCONSUMER stream g d | XGROUP CREATECONSUMER stream g d
M | XGROUP CREATECONSUMER stream g d | XGROUP DELCONSUMER stream g d
  | XGROUP CREATE stream gone $ | XGROUP DESTROY stream gone
  | | XGROUP SETID stream g $
N | XADD stream {id}-1 f v; XREADGROUP GROUP g c STREAMS stream > | XACK stream g {id}-1
N | XCLAIM stream g c 0 {mid}-1 | XNACK stream g FAIL IDS 1 {mid}-1
  | XCLAIM stream g c 0 {mid}-1 | XPENDING stream g
  | | XPENDING stream g {mid} + 10
M | | XAUTOCLAIM stream g c 0 {mid} COUNT 10
N | | XCLAIM stream g c 0 {mid}-1
  | | XINFO CONSUMERS stream g
  | | XINFO GROUPS stream
N | | XINFO STREAM stream
N | | XINFO STREAM stream FULL COUNT 10
  | | XCFGSET stream IDMP-MAXSIZE 50
  | XADD stream {id}-1 f v | XIDMPRECORD stream producer {id} {id}-1
  | | XSETID stream 900719925474-1
`;

const KEYS = `
N | | COPY set copy REPLACE
  | DEL gone2; SET gone v | DEL gone
M#1 | COPY hash copy REPLACE | DEL copy
N | MSET {pairs:gone:* v} | DEL {many:gone:*}
  | COPY hash copy REPLACE; SADD gone 1; UNLINK gone; EXISTS copy | UNLINK copy
@ | MSET {pairs:gone:* v} | UNLINK {many:gone:*}
  | | EXISTS set key:{mid}
  | MOVE named 1; SELECT 1 | MOVE named 0
  | | OBJECT ENCODING set
  | | OBJECT REFCOUNT set
  | | OBJECT IDLETIME set
  | RENAME named other-name | RENAME other-name named
  | RENAME named other-name | RENAMENX other-name named
  | | TOUCH set key:{mid}
  | | TYPE set
N | | DUMP hash
N | | DUMP list
N | | DUMP zset
N | | DUMP stream
N | | RESTORE restored 0 {payload:hash} REPLACE
N | | RESTORE restored 0 {payload:zset} REPLACE
  | | EXPIRE set 100000
  | | EXPIREAT set 1995219200
  | | PEXPIRE set 100000000
  | | PEXPIREAT set 1995219200000
  | | EXPIRETIME set
  | | PEXPIRETIME set
  | | TTL set
  | | PTTL set
  | EXPIRE set 1000 | PERSIST set
  | | DBSIZE
N | SELECT 2; MSET {pairs:gone:* v} | FLUSHDB SYNC
  | SELECT 2; MSET {pairs:gone:* v}; SELECT 3; SET few 1; FLUSHDB ASYNC; SELECT 2; DBSIZE | FLUSHDB ASYNC
N | | KEYS nosuch*
  | | RANDOMKEY
  | | SCAN 0
N | | MEMORY USAGE set SAMPLES 0
  | | MEMORY USAGE key:{mid}
`;

export interface GrowthCase {
  readonly grows: string;
  readonly form: number;
  readonly before: readonly string[];
  readonly command: string;
}

export const CASES: readonly GrowthCase[] = [STRINGS, LISTS, SETS, HASHES, SORTED_SETS, STREAMS, KEYS]
  .flatMap((text) => text.split('\n'))
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [variables = '', before = '', command = ''] = line.split('|').map((part) => part.trim());
    const [grows = '', form = '0'] = variables.split('#');
    return { grows, form: Number(form), before: before === '' ? [] : before.split('; '), command };
  });

/** Commands without a case, and why. */
export const UNMEASURED: Readonly<Record<string, string>> = {
  pfdebug: 'for tests of the server',
  pfselftest: 'for tests of the server',
  'himport|prepare': 'about the arguments alone',
  'himport|discard': 'about fieldsets of the connection',
  'himport|discardall': 'about fieldsets of the connection',
  'xgroup|help': 'a constant',
  'xinfo|help': 'a constant',
  'object|help': 'a constant',
  'object|freq': 'needs an lfu policy; as OBJECT IDLETIME',
  flushall: 'as FLUSHDB',
  swapdb: 'about clients that wait',
};

/** Groups of commands that are not about keys. */
export const OTHER_GROUPS: ReadonlySet<string> = new Set(['pubsub', 'transactions', 'connection']);
