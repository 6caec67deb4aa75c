// Generated from the command definitions by npm run generate: do not edit.

import type { ReplyValue } from '../protocol/reply-values.ts';
import type { Argument } from './arguments.ts';

/** Every command of the engine as a method. Replies are those of RESP3; strings as the client was asked to make them. */
export interface TypedCommands {
  /** APPEND: Adds to the end of a string; creates it when there is none. O(1) on average: the string is moved when its block is full, and then gets twice the room. Since 2.0.0. */
  append(key: Argument, value: Argument): Promise<number>;
  /** AUTH: Says who the client is. O(N), N being the passwords of the user. Since 1.0.0. */
  auth(password: Argument, options?: { readonly username?: Argument | undefined }): Promise<'OK'>;
  /** CLIENT GETNAME: Tells the name of the connection. O(1) Since 2.6.9. */
  clientGetname(): Promise<string | null>;
  /** CLIENT HELP: Lists the subcommands with a line on each. O(1) Since 5.0.0. */
  clientHelp(): Promise<ReplyValue[]>;
  /** CLIENT ID: Tells the id of the connection. O(1) Since 5.0.0. */
  clientId(): Promise<number>;
  /** CLIENT INFO: Describes the connection. O(1) Since 6.2.0. */
  clientInfo(): Promise<string>;
  /** CLIENT KILL: Ends connections. O(N), N being the connections. Since 2.4.0. */
  clientKill(filter: Argument | readonly ({ 'ID': number | bigint | string } | { 'TYPE': 'NORMAL' | 'MASTER' | 'REPLICA' | 'PUBSUB' } | { 'USER': Argument } | { 'ADDR': Argument } | { 'LADDR': Argument } | { 'SKIPME': 'YES' | 'NO' } | { 'MAXAGE': number | bigint | string })[] | ({ 'ID': number | bigint | string } | { 'TYPE': 'NORMAL' | 'MASTER' | 'REPLICA' | 'PUBSUB' } | { 'USER': Argument } | { 'ADDR': Argument } | { 'LADDR': Argument } | { 'SKIPME': 'YES' | 'NO' } | { 'MAXAGE': number | bigint | string })): Promise<'OK' | number>;
  /** CLIENT LIST: Describes all connections. O(N), N being the connections. Since 2.4.0. */
  clientList(options?: { readonly clientType?: 'NORMAL' | 'MASTER' | 'REPLICA' | 'PUBSUB' | undefined; readonly clientId?: readonly (number | bigint | string)[] | (number | bigint | string) | undefined }): Promise<string>;
  /** CLIENT NO-EVICT: Keeps the connection when memory for clients runs out. O(1) Since 7.0.0. */
  clientNoEvict(enabled: 'ON' | 'OFF'): Promise<'OK'>;
  /** CLIENT NO-TOUCH: Lets the commands of the connection leave access times alone. O(1) Since 7.2.0. */
  clientNoTouch(enabled: 'ON' | 'OFF'): Promise<'OK'>;
  /** CLIENT PAUSE: Lets the commands of clients wait. O(1) Since 3.0.0. */
  clientPause(timeout: number | bigint | string, options?: { readonly mode?: 'WRITE' | 'ALL' | undefined }): Promise<'OK'>;
  /** CLIENT REPLY: Chooses whether the connection gets replies. O(1) Since 3.2.0. */
  clientReply(action: 'ON' | 'OFF' | 'SKIP'): Promise<'OK'>;
  /** CLIENT SETINFO: Tells which library the client uses. O(1) Since 7.2.0. */
  clientSetinfo(attr: { 'LIB-NAME': Argument } | { 'LIB-VER': Argument }): Promise<'OK'>;
  /** CLIENT SETNAME: Gives the connection a name. O(1) Since 2.6.9. */
  clientSetname(connectionName: Argument): Promise<'OK'>;
  /** CLIENT UNBLOCK: Ends the waiting of a blocked client. O(log N), N being the blocked clients. Since 5.0.0. */
  clientUnblock(clientId: number | bigint | string, options?: { readonly unblockType?: 'TIMEOUT' | 'ERROR' | undefined }): Promise<number>;
  /** CLIENT UNPAUSE: Ends a pause. O(N), N being the clients that wait. Since 6.2.0. */
  clientUnpause(): Promise<'OK'>;
  /** COMMAND COUNT: Counts the commands of this server. O(1) Since 2.8.13. */
  commandCount(): Promise<number>;
  /** COMMAND DOCS: Documents commands: what they do, and their arguments. O(N), N being the commands asked for. Since 7.0.0. */
  commandDocs(options?: { readonly commandName?: readonly (Argument)[] | Argument | undefined }): Promise<Map<ReplyValue, ReplyValue>>;
  /** COMMAND GETKEYS: Finds the keys among the arguments of a command. O(N), N being the arguments of the command. Since 2.8.13. */
  commandGetkeys(command: Argument, options?: { readonly arg?: readonly (Argument)[] | Argument | undefined }): Promise<ReplyValue[]>;
  /** COMMAND GETKEYSANDFLAGS: Finds the keys among the arguments of a command, and says what it does to them. O(N), N being the arguments of the command. Since 7.0.0. */
  commandGetkeysandflags(command: Argument, options?: { readonly arg?: readonly (Argument)[] | Argument | undefined }): Promise<ReplyValue[]>;
  /** COMMAND HELP: Lists the subcommands with a line on each. O(1) Since 5.0.0. */
  commandHelp(): Promise<ReplyValue[]>;
  /** COMMAND INFO: Describes commands for clients: arity, flags, where their keys are. O(N), N being the commands asked for. Since 2.8.13. */
  commandInfo(options?: { readonly commandName?: readonly (Argument)[] | Argument | undefined }): Promise<ReplyValue[]>;
  /** COMMAND LIST: Lists the names of all commands and subcommands. O(N), N being all commands. Since 7.0.0. */
  commandList(options?: { readonly filterby?: { 'MODULE': Argument } | { 'ACLCAT': Argument } | { 'PATTERN': Argument } | undefined }): Promise<ReplyValue[]>;
  /** COPY: Copies the value of a key, with its expiry, to another key. O(N) for collections, N being their elements; O(1) for strings. Since 6.2.0. */
  copy(source: Argument, destination: Argument, options?: { readonly destinationDb?: number | bigint | string | undefined; readonly replace?: true | undefined }): Promise<number>;
  /** DBSIZE: Counts the keys of the database. O(1) Since 1.0.0. */
  dbsize(): Promise<number>;
  /** DECR: Takes one from the integer of a key, which starts at 0. O(1) Since 1.0.0. */
  decr(key: Argument): Promise<number>;
  /** DECRBY: Subtracts from the integer of a key, which starts at 0. O(1) Since 1.0.0. */
  decrby(key: Argument, decrement: number | bigint | string): Promise<number>;
  /** DEL: Deletes keys. O(N), N being the keys; large collections take O(M) more, M being their elements. Since 1.0.0. */
  del(key: readonly (Argument)[] | Argument): Promise<number>;
  /** DELEX: Deletes a key, if its value or digest is, or is not, a given one. O(1); O(N) for IFDEQ and IFDNE, N being the length of the string. Since 8.4.0. */
  delex(key: Argument, options?: { readonly condition?: { 'IFEQ': Argument } | { 'IFNE': Argument } | { 'IFDEQ': Argument } | { 'IFDNE': Argument } | undefined }): Promise<number>;
  /** DIGEST: Tells the XXH3 hash of a string, in hexadecimal. O(N), N being the length of the string. Since 8.4.0. */
  digest(key: Argument): Promise<string | null>;
  /** DISCARD: Forgets the commands queued since MULTI, and all watched keys. O(N), N being the commands queued. Since 2.0.0. */
  discard(): Promise<'OK'>;
  /** ECHO: Answers what it was sent. O(1) Since 1.0.0. */
  echo(message: Argument): Promise<string>;
  /** EXEC: Runs all commands queued since MULTI, with none of others in between. Depends on the commands queued. Since 1.2.0. */
  exec(): Promise<ReplyValue[] | null>;
  /** EXISTS: Counts which of these keys exist. O(N), N being the keys. Since 1.0.0. */
  exists(key: readonly (Argument)[] | Argument): Promise<number>;
  /** EXPIRE: Makes a key expire after some seconds. O(1) Since 1.0.0. */
  expire(key: Argument, seconds: number | bigint | string, options?: { readonly condition?: 'NX' | 'XX' | 'GT' | 'LT' | undefined }): Promise<number>;
  /** EXPIREAT: Makes a key expire at a Unix time in seconds. O(1) Since 1.2.0. */
  expireat(key: Argument, unixTimeSeconds: number | bigint | string, options?: { readonly condition?: 'NX' | 'XX' | 'GT' | 'LT' | undefined }): Promise<number>;
  /** EXPIRETIME: Tells at which Unix time, in seconds, a key expires. O(1) Since 7.0.0. */
  expiretime(key: Argument): Promise<number>;
  /** FLUSHALL: Deletes all keys of all databases. O(N), N being the keys; O(1) with ASYNC. Since 1.0.0. */
  flushall(options?: { readonly flushType?: 'ASYNC' | 'SYNC' | undefined }): Promise<'OK'>;
  /** FLUSHDB: Deletes all keys of the database. O(N), N being the keys; O(1) with ASYNC. Since 1.0.0. */
  flushdb(options?: { readonly flushType?: 'ASYNC' | 'SYNC' | undefined }): Promise<'OK'>;
  /** GET: Tells the value of a string key. O(1) Since 1.0.0. */
  get(key: Argument): Promise<string | null>;
  /** GETDEL: Tells the value of a string key and deletes it. O(1) Since 6.2.0. */
  getdel(key: Argument): Promise<string | null>;
  /** GETEX: Tells the value of a string key and sets or removes its expiry. O(1) Since 6.2.0. */
  getex(key: Argument, options?: { readonly expiration?: { 'EX': number | bigint | string } | { 'PX': number | bigint | string } | { 'EXAT': number | bigint | string } | { 'PXAT': number | bigint | string } | 'PERSIST' | undefined }): Promise<string | null>;
  /** GETRANGE: Tells a part of a string. O(N), N being the length of the part. Since 2.4.0. */
  getrange(key: Argument, start: number | bigint | string, end: number | bigint | string): Promise<string>;
  /** GETSET: Sets a key to a string and tells the one before. O(1) Since 1.0.0. */
  getset(key: Argument, value: Argument): Promise<string | null>;
  /** HELLO: Chooses the protocol version, and tells about the server. O(1) Since 6.0.0. */
  hello(options?: { readonly arguments?: { readonly protover: number | bigint | string; readonly AUTH?: { readonly username: Argument; readonly password: Argument } | undefined; readonly SETNAME?: Argument | undefined } | undefined }): Promise<Map<ReplyValue, ReplyValue>>;
  /** INCR: Adds one to the integer of a key, which starts at 0. O(1) Since 1.0.0. */
  incr(key: Argument): Promise<number>;
  /** INCRBY: Adds to the integer of a key, which starts at 0. O(1) Since 1.0.0. */
  incrby(key: Argument, increment: number | bigint | string): Promise<number>;
  /** INCRBYFLOAT: Adds to the floating-point number of a key, which starts at 0. O(1) Since 2.6.0. */
  incrbyfloat(key: Argument, increment: number | string): Promise<string>;
  /** INCREX: Adds to the number of a key, within bounds, and sets its expiry. O(1) Since 8.8.0. */
  increx(key: Argument, options?: { readonly increment?: { 'BYFLOAT': number | string } | { 'BYINT': number | bigint | string } | undefined; readonly saturate?: true | undefined; readonly lowerbound?: Argument | undefined; readonly upperbound?: Argument | undefined; readonly expiration?: { 'EX': number | bigint | string } | { 'PX': number | bigint | string } | { 'EXAT': number | bigint | string } | { 'PXAT': number | bigint | string } | 'PERSIST' | undefined; readonly enx?: true | undefined }): Promise<ReplyValue[]>;
  /** KEYS: Lists all keys that match a pattern. Holds everything else up: SCAN does not. O(N), N being the keys of the database. Since 1.0.0. */
  keys(pattern: Argument): Promise<ReplyValue[]>;
  /** LCS: Finds the longest subsequence that two strings have in common. O(N*M), N and M being the lengths of the strings; as much memory, up to proto-max-bulk-len. Since 7.0.0. */
  lcs(key1: Argument, key2: Argument, options?: { readonly len?: true | undefined; readonly idx?: true | undefined; readonly minMatchLen?: number | bigint | string | undefined; readonly withmatchlen?: true | undefined }): Promise<string | number | Map<ReplyValue, ReplyValue>>;
  /** MGET: Tells the values of several string keys. O(N), N being the keys. Since 1.0.0. */
  mget(key: readonly (Argument)[] | Argument): Promise<ReplyValue[]>;
  /** MONITOR: Shows every command that the server runs, from now on. O(1) Since 1.0.0. */
  monitor(): Promise<'OK'>;
  /** MOVE: Moves a key to another database, if it does not exist there. O(1) Since 1.0.0. */
  move(key: Argument, db: number | bigint | string): Promise<number>;
  /** MSET: Sets several keys to strings. O(N), N being the keys. Since 1.0.1. */
  mset(data: readonly ({ readonly key: Argument; readonly value: Argument })[] | { readonly key: Argument; readonly value: Argument }): Promise<'OK'>;
  /** MSETEX: Sets several keys to strings, with one expiry for all, if all or none of them exist. O(N), N being the keys. Since 8.4.0. */
  msetex(data: readonly ({ readonly key: Argument; readonly value: Argument })[] | { readonly key: Argument; readonly value: Argument }, options?: { readonly condition?: 'NX' | 'XX' | undefined; readonly expiration?: { 'EX': number | bigint | string } | { 'PX': number | bigint | string } | { 'EXAT': number | bigint | string } | { 'PXAT': number | bigint | string } | 'KEEPTTL' | undefined }): Promise<number>;
  /** MSETNX: Sets several keys to strings, if none of them exists. O(N), N being the keys. Since 1.0.1. */
  msetnx(data: readonly ({ readonly key: Argument; readonly value: Argument })[] | { readonly key: Argument; readonly value: Argument }): Promise<number>;
  /** MULTI: Begins to queue commands, for EXEC to run as one. O(1) Since 1.2.0. */
  multi(): Promise<'OK'>;
  /** OBJECT ENCODING: Names the encoding of a value. O(1) Since 2.2.3. */
  objectEncoding(key: Argument): Promise<string | null>;
  /** OBJECT FREQ: Tells how often a key is used, on a logarithmic scale. O(1) Since 4.0.0. */
  objectFreq(key: Argument): Promise<number | null>;
  /** OBJECT HELP: Lists the subcommands with a line on each. O(1) Since 6.2.0. */
  objectHelp(): Promise<ReplyValue[]>;
  /** OBJECT IDLETIME: Tells for how many seconds a key has not been used. O(1) Since 2.2.3. */
  objectIdletime(key: Argument): Promise<number | null>;
  /** OBJECT REFCOUNT: Tells how many references a value has. O(1) Since 2.2.3. */
  objectRefcount(key: Argument): Promise<number | null>;
  /** PERSIST: Makes a key live for ever. O(1) Since 2.2.0. */
  persist(key: Argument): Promise<number>;
  /** PEXPIRE: Makes a key expire after some milliseconds. O(1) Since 2.6.0. */
  pexpire(key: Argument, milliseconds: number | bigint | string, options?: { readonly condition?: 'NX' | 'XX' | 'GT' | 'LT' | undefined }): Promise<number>;
  /** PEXPIREAT: Makes a key expire at a Unix time in milliseconds. O(1) Since 2.6.0. */
  pexpireat(key: Argument, unixTimeMilliseconds: number | bigint | string, options?: { readonly condition?: 'NX' | 'XX' | 'GT' | 'LT' | undefined }): Promise<number>;
  /** PEXPIRETIME: Tells at which Unix time, in milliseconds, a key expires. O(1) Since 7.0.0. */
  pexpiretime(key: Argument): Promise<number>;
  /** PING: Answers PONG, or what it was sent. O(1) Since 1.0.0. */
  ping(options?: { readonly message?: Argument | undefined }): Promise<string>;
  /** PSETEX: Sets a key to a string that expires after some milliseconds. O(1) Since 2.6.0. */
  psetex(key: Argument, milliseconds: number | bigint | string, value: Argument): Promise<'OK'>;
  /** PSUBSCRIBE: Listens to the messages of all channels that match patterns. O(N), N being the patterns. Since 2.0.0. */
  psubscribe(pattern: readonly (Argument)[] | Argument): Promise<ReplyValue[]>;
  /** PTTL: Tells in how many milliseconds a key expires. O(1) Since 2.6.0. */
  pttl(key: Argument): Promise<number>;
  /** PUBLISH: Sends a message to a channel. O(N + M), N being the listeners of the channel, M the patterns of all clients. Since 2.0.0. */
  publish(channel: Argument, message: Argument): Promise<number>;
  /** PUBSUB CHANNELS: Lists the channels that have listeners. O(N), N being the channels. Since 2.8.0. */
  pubsubChannels(options?: { readonly pattern?: Argument | undefined }): Promise<ReplyValue[]>;
  /** PUBSUB HELP: Lists the subcommands with a line on each. O(1) Since 6.2.0. */
  pubsubHelp(): Promise<ReplyValue[]>;
  /** PUBSUB NUMPAT: Counts the different patterns that clients listen to. O(1) Since 2.8.0. */
  pubsubNumpat(): Promise<number>;
  /** PUBSUB NUMSUB: Counts the listeners of channels, patterns left out. O(N), N being the channels asked for. Since 2.8.0. */
  pubsubNumsub(options?: { readonly channel?: readonly (Argument)[] | Argument | undefined }): Promise<ReplyValue[]>;
  /** PUBSUB SHARDCHANNELS: Lists the shard channels that have listeners. O(N), N being the shard channels. Since 7.0.0. */
  pubsubShardchannels(options?: { readonly pattern?: Argument | undefined }): Promise<ReplyValue[]>;
  /** PUBSUB SHARDNUMSUB: Counts the listeners of shard channels. O(N), N being the shard channels asked for. Since 7.0.0. */
  pubsubShardnumsub(options?: { readonly shardchannel?: readonly (Argument)[] | Argument | undefined }): Promise<ReplyValue[]>;
  /** PUNSUBSCRIBE: Listens no more to patterns, or to any. O(N), N being the patterns. Since 2.0.0. */
  punsubscribe(options?: { readonly pattern?: readonly (Argument)[] | Argument | undefined }): Promise<ReplyValue[]>;
  /** QUIT: Ends the connection. O(1) Since 1.0.0. */
  quit(): Promise<'OK'>;
  /** RANDOMKEY: Names a key chosen at random. O(1) Since 1.0.0. */
  randomkey(): Promise<string | null>;
  /** RENAME: Gives a key another name, and takes the place of one that has it. O(1), beside deleting what had the name. Since 1.0.0. */
  rename(key: Argument, newkey: Argument): Promise<'OK'>;
  /** RENAMENX: Gives a key another name, if no key has it. O(1) Since 1.0.0. */
  renamenx(key: Argument, newkey: Argument): Promise<number>;
  /** RESET: Makes the connection as if it were new. O(1) Since 6.2.0. */
  reset(): Promise<string>;
  /** SCAN: Looks through the keys of a database a few at a time. O(1) for each call; O(N) for all of them, N being the keys. Since 2.8.0. */
  scan(cursor: number | bigint | string, options?: { readonly pattern?: Argument | undefined; readonly count?: number | bigint | string | undefined; readonly type?: Argument | undefined }): Promise<ReplyValue[]>;
  /** SELECT: Chooses the database that the connection works on. O(1) Since 1.0.0. */
  select(index: number | bigint | string): Promise<'OK'>;
  /** SET: Sets a key to a string, whatever it held before. O(1) Since 1.0.0. */
  set(key: Argument, value: Argument, options?: { readonly condition?: 'NX' | 'XX' | { 'IFEQ': Argument } | { 'IFNE': Argument } | { 'IFDEQ': Argument } | { 'IFDNE': Argument } | undefined; readonly get?: true | undefined; readonly expiration?: { 'EX': number | bigint | string } | { 'PX': number | bigint | string } | { 'EXAT': number | bigint | string } | { 'PXAT': number | bigint | string } | 'KEEPTTL' | undefined }): Promise<'OK' | null | string>;
  /** SETEX: Sets a key to a string that expires after some seconds. O(1) Since 2.0.0. */
  setex(key: Argument, seconds: number | bigint | string, value: Argument): Promise<'OK'>;
  /** SETNX: Sets a key to a string, if it does not exist. O(1) Since 1.0.0. */
  setnx(key: Argument, value: Argument): Promise<number>;
  /** SETRANGE: Overwrites a part of a string, filling up with zero bytes before it. O(M), M being the length of the value, when the string does not grow. Since 2.2.0. */
  setrange(key: Argument, offset: number | bigint | string, value: Argument): Promise<number>;
  /** SPUBLISH: Sends a message to a shard channel. O(N), N being the listeners of the shard channel. Since 7.0.0. */
  spublish(shardchannel: Argument, message: Argument): Promise<number>;
  /** SSUBSCRIBE: Listens to the messages of shard channels. O(N), N being the shard channels. Since 7.0.0. */
  ssubscribe(shardchannel: readonly (Argument)[] | Argument): Promise<ReplyValue[]>;
  /** STRLEN: Tells the length of a string, in bytes. O(1) Since 2.2.0. */
  strlen(key: Argument): Promise<number>;
  /** SUBSCRIBE: Listens to the messages of channels. O(N), N being the channels. Since 2.0.0. */
  subscribe(channel: readonly (Argument)[] | Argument): Promise<ReplyValue[]>;
  /** SUBSTR: Tells a part of a string. O(N), N being the length of the part. Since 1.0.0. */
  substr(key: Argument, start: number | bigint | string, end: number | bigint | string): Promise<string>;
  /** SUNSUBSCRIBE: Listens no more to shard channels, or to any. O(N), N being the shard channels. Since 7.0.0. */
  sunsubscribe(options?: { readonly shardchannel?: readonly (Argument)[] | Argument | undefined }): Promise<ReplyValue[]>;
  /** SWAPDB: Exchanges the contents of two databases, for all clients at once. O(N), N being the clients that watch or wait for keys of the two. Since 4.0.0. */
  swapdb(index1: number | bigint | string, index2: number | bigint | string): Promise<'OK'>;
  /** TIME: Tells the time of the server. O(1) Since 2.6.0. */
  time(): Promise<ReplyValue[]>;
  /** TOUCH: Counts which of these keys exist, and notes that they were used. O(N), N being the keys. Since 3.2.1. */
  touch(key: readonly (Argument)[] | Argument): Promise<number>;
  /** TTL: Tells in how many seconds a key expires. O(1) Since 1.0.0. */
  ttl(key: Argument): Promise<number>;
  /** TYPE: Tells the type of the value of a key. O(1) Since 1.0.0. */
  type(key: Argument): Promise<string>;
  /** UNLINK: Deletes keys, and frees large values little by little afterwards. O(1) for each key. Since 4.0.0. */
  unlink(key: readonly (Argument)[] | Argument): Promise<number>;
  /** UNSUBSCRIBE: Listens no more to channels, or to any. O(N), N being the channels. Since 2.0.0. */
  unsubscribe(options?: { readonly channel?: readonly (Argument)[] | Argument | undefined }): Promise<ReplyValue[]>;
  /** UNWATCH: Forgets all watched keys. O(1) Since 2.2.0. */
  unwatch(): Promise<'OK'>;
  /** WATCH: Makes the next EXEC run only if none of these keys was changed until then. O(1) for each key. Since 2.2.0. */
  watch(key: readonly (Argument)[] | Argument): Promise<'OK'>;
}
