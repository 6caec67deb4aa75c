// Generated from the command definitions by npm run generate: do not edit.

import type { ReplyValue } from '../protocol/reply-values.ts';
import type { Argument } from './arguments.ts';

/** Every command of the engine as a method. Replies are those of RESP3; strings as the client was asked to make them. */
export interface TypedCommands {
  /** ACL CAT: Lists the categories of commands, or the commands of one. O(N), N being all commands. Since 6.0.0. */
  aclCat(options?: { readonly category?: Argument | undefined }): Promise<ReplyValue[]>;
  /** ACL DELUSER: Deletes users, and ends their connections. O(N), N being the connections. Since 6.0.0. */
  aclDeluser(username: readonly (Argument)[] | Argument): Promise<number>;
  /** ACL DRYRUN: Tells whether a user may run a command, without running it. O(1) Since 7.0.0. */
  aclDryrun(username: Argument, command: Argument, options?: { readonly arg?: readonly (Argument)[] | Argument | undefined }): Promise<'OK' | string>;
  /** ACL GENPASS: Makes a password that nobody can guess. O(1) Since 6.0.0. */
  aclGenpass(options?: { readonly bits?: number | bigint | string | undefined }): Promise<string>;
  /** ACL GETUSER: Tells all about a user. O(N), N being its passwords and rules. Since 6.0.0. */
  aclGetuser(username: Argument): Promise<Map<ReplyValue, ReplyValue> | null>;
  /** ACL HELP: Lists the subcommands with a line on each. O(1) Since 6.0.0. */
  aclHelp(): Promise<ReplyValue[]>;
  /** ACL LIST: Lists all users with their rules, as a file has them. O(N), N being the users. Since 6.0.0. */
  aclList(): Promise<ReplyValue[]>;
  /** ACL LOAD: Takes all users from the ACL file anew, or none of them. O(N), N being the users. Since 6.0.0. */
  aclLoad(): Promise<'OK'>;
  /** ACL LOG: Tells who was refused what, the latest first, or forgets it. O(N), N being the entries shown. Since 6.0.0. */
  aclLog(options?: { readonly operation?: number | bigint | string | 'RESET' | undefined }): Promise<ReplyValue[] | 'OK'>;
  /** ACL SAVE: Writes all users into the ACL file. O(N), N being the users. Since 6.0.0. */
  aclSave(): Promise<'OK'>;
  /** ACL SETUSER: Makes a user, or changes what it may do. O(N), N being the rules. Since 6.0.0. */
  aclSetuser(username: Argument, options?: { readonly rule?: readonly (Argument)[] | Argument | undefined }): Promise<'OK'>;
  /** ACL USERS: Lists the names of all users. O(N), N being the users. Since 6.0.0. */
  aclUsers(): Promise<ReplyValue[]>;
  /** ACL WHOAMI: Tells whose connection this is. O(1) Since 6.0.0. */
  aclWhoami(): Promise<string>;
  /** APPEND: Adds to the end of a string; creates it when there is none. O(1) on average: the string is moved when its block is full, and then gets twice the room. Since 2.0.0. */
  append(key: Argument, value: Argument): Promise<number>;
  /** AUTH: Says who the client is. O(N), N being the passwords of the user. Since 1.0.0. */
  auth(password: Argument, options?: { readonly username?: Argument | undefined }): Promise<'OK'>;
  /** BITCOUNT: Counts the bits that are set in a string. O(N) Since 2.6.0. */
  bitcount(key: Argument, options?: { readonly range?: { readonly start: number | bigint | string; readonly end: number | bigint | string; readonly unit?: 'BYTE' | 'BIT' | undefined } | undefined }): Promise<number>;
  /** BITFIELD: Reads and writes integers of any width in a string. O(1) for each operation. Since 3.2.0. */
  bitfield(key: Argument, options?: { readonly operation?: readonly ({ 'GET': { readonly encoding: Argument; readonly offset: number | bigint | string } } | { 'write': { readonly OVERFLOW?: 'WRAP' | 'SAT' | 'FAIL' | undefined; readonly writeOperation: { 'SET': { readonly encoding: Argument; readonly offset: number | bigint | string; readonly value: number | bigint | string } } | { 'INCRBY': { readonly encoding: Argument; readonly offset: number | bigint | string; readonly increment: number | bigint | string } } } })[] | ({ 'GET': { readonly encoding: Argument; readonly offset: number | bigint | string } } | { 'write': { readonly OVERFLOW?: 'WRAP' | 'SAT' | 'FAIL' | undefined; readonly writeOperation: { 'SET': { readonly encoding: Argument; readonly offset: number | bigint | string; readonly value: number | bigint | string } } | { 'INCRBY': { readonly encoding: Argument; readonly offset: number | bigint | string; readonly increment: number | bigint | string } } } }) | undefined }): Promise<ReplyValue[]>;
  /** BITFIELD_RO: Reads integers of any width in a string. O(1) for each operation. Since 6.0.0. */
  bitfieldRo(key: Argument, options?: { readonly getBlock?: readonly ({ readonly encoding: Argument; readonly offset: number | bigint | string })[] | ({ readonly encoding: Argument; readonly offset: number | bigint | string }) | undefined }): Promise<ReplyValue[]>;
  /** BITOP: Combines strings bit by bit, and stores the result. O(N) Since 2.6.0. */
  bitop(operation: 'AND' | 'OR' | 'XOR' | 'NOT' | 'DIFF' | 'DIFF1' | 'ANDOR' | 'ONE', destkey: Argument, key: readonly (Argument)[] | Argument): Promise<number>;
  /** BITPOS: Finds the first bit of a string that is set, or that is not. O(N) Since 2.8.7. */
  bitpos(key: Argument, bit: number | bigint | string, options?: { readonly range?: { readonly start: number | bigint | string; readonly endUnitBlock?: { readonly end: number | bigint | string; readonly unit?: 'BYTE' | 'BIT' | undefined } | undefined } | undefined }): Promise<number>;
  /** BLMOVE: Moves an item from one end of a list to one end of another, or waits for one. O(1) Since 6.2.0. */
  blmove(source: Argument, destination: Argument, wherefrom: 'LEFT' | 'RIGHT', whereto: 'LEFT' | 'RIGHT', timeout: number | string): Promise<string | null>;
  /** BLMOVEM: Moves several items from one end of a list to one end of another, or waits for them. O(N), N being the items moved. Since 8.10.0. */
  blmovem(source: Argument, destination: Argument, wherefrom: 'LEFT' | 'RIGHT', whereto: 'LEFT' | 'RIGHT', timeout: number | string, options?: { readonly howMany?: { readonly selector: { 'COUNT': number | bigint | string } | { 'EXACTLY': number | bigint | string }; readonly ordering: 'OBO' | 'BULK' } | undefined }): Promise<ReplyValue[] | null>;
  /** BLMPOP: Takes items off the first of several lists that is there, or waits for one. O(N+M), N being the keys, M the items returned. Since 7.0.0. */
  blmpop(timeout: number | string, key: readonly (Argument)[] | Argument, where: 'LEFT' | 'RIGHT', options?: { readonly count?: number | bigint | string | undefined }): Promise<ReplyValue[] | null>;
  /** BLPOP: Takes an item off the head of the first of several lists that is there, or waits for one. O(N), N being the keys. Since 2.0.0. */
  blpop(key: readonly (Argument)[] | Argument, timeout: number | string): Promise<ReplyValue[] | null>;
  /** BRPOP: Takes an item off the tail of the first of several lists that is there, or waits for one. O(N), N being the keys. Since 2.0.0. */
  brpop(key: readonly (Argument)[] | Argument, timeout: number | string): Promise<ReplyValue[] | null>;
  /** BRPOPLPUSH: Moves an item from the tail of a list to the head of another, or waits for one. O(1) Since 2.2.0. */
  brpoplpush(source: Argument, destination: Argument, timeout: number | string): Promise<string | null>;
  /** BZMPOP: Takes members out of the first of several sorted sets that is there, or waits for one. O(K)+O(log(N)+M), K being the keys, N the members of the sorted set, M those popped. Since 7.0.0. */
  bzmpop(timeout: number | string, key: readonly (Argument)[] | Argument, where: 'MIN' | 'MAX', options?: { readonly count?: number | bigint | string | undefined }): Promise<ReplyValue[] | null>;
  /** BZPOPMAX: Takes the member with the greatest score out of the first of several sorted sets that is there, or waits. O(log(N)), N being the members of the sorted set. Since 5.0.0. */
  bzpopmax(key: readonly (Argument)[] | Argument, timeout: number | string): Promise<ReplyValue[] | null>;
  /** BZPOPMIN: Takes the member with the least score out of the first of several sorted sets that is there, or waits. O(log(N)), N being the members of the sorted set. Since 5.0.0. */
  bzpopmin(key: readonly (Argument)[] | Argument, timeout: number | string): Promise<ReplyValue[] | null>;
  /** CLIENT CACHING: Says whether the keys that the next command reads are tracked. O(1) Since 6.0.0. */
  clientCaching(mode: 'YES' | 'NO'): Promise<'OK'>;
  /** CLIENT GETNAME: Tells the name of the connection. O(1) Since 2.6.9. */
  clientGetname(): Promise<string | null>;
  /** CLIENT GETREDIR: Tells the client that invalidations go to. O(1) Since 6.0.0. */
  clientGetredir(): Promise<number>;
  /** CLIENT HELP: Lists the subcommands with a line on each. O(1) Since 5.0.0. */
  clientHelp(): Promise<ReplyValue[]>;
  /** CLIENT ID: Tells the id of the connection. O(1) Since 5.0.0. */
  clientId(): Promise<number>;
  /** CLIENT INFO: Describes the connection. O(1) Since 6.2.0. */
  clientInfo(): Promise<string>;
  /** CLIENT KILL: Ends connections. O(N), N being the connections. Since 2.4.0. */
  clientKill(filter: Argument | readonly ({ 'ID': number | bigint | string } | { 'TYPE': 'NORMAL' | 'MASTER' | 'SLAVE' | 'REPLICA' | 'PUBSUB' } | { 'USER': Argument } | { 'ADDR': Argument } | { 'LADDR': Argument } | { 'SKIPME': 'YES' | 'NO' } | { 'MAXAGE': number | bigint | string })[] | ({ 'ID': number | bigint | string } | { 'TYPE': 'NORMAL' | 'MASTER' | 'SLAVE' | 'REPLICA' | 'PUBSUB' } | { 'USER': Argument } | { 'ADDR': Argument } | { 'LADDR': Argument } | { 'SKIPME': 'YES' | 'NO' } | { 'MAXAGE': number | bigint | string })): Promise<'OK' | number>;
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
  /** CLIENT TRACKING: Tells the connection when keys that it read, or that begin with a prefix, change. O(1), and O(N) for N prefixes. Since 6.0.0. */
  clientTracking(status: 'ON' | 'OFF', options?: { readonly clientId?: number | bigint | string | undefined; readonly prefix?: readonly (Argument)[] | Argument | undefined; readonly bcast?: true | undefined; readonly optin?: true | undefined; readonly optout?: true | undefined; readonly noloop?: true | undefined }): Promise<'OK'>;
  /** CLIENT TRACKINGINFO: Tells how the connection tracks keys. O(N log N), N being its prefixes. Since 6.2.0. */
  clientTrackinginfo(): Promise<Map<ReplyValue, ReplyValue>>;
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
  /** COMMANDLOG GET: Shows the newest entries of a command log. O(N), N being the entries shown. Since 8.1.0. */
  commandlogGet(count: number | bigint | string, type: 'SLOW' | 'LARGE-REQUEST' | 'LARGE-REPLY'): Promise<ReplyValue[]>;
  /** COMMANDLOG HELP: Lists the subcommands with a line on each. O(1) Since 8.1.0. */
  commandlogHelp(): Promise<ReplyValue[]>;
  /** COMMANDLOG LEN: Tells how many entries a command log has. O(1) Since 8.1.0. */
  commandlogLen(type: 'SLOW' | 'LARGE-REQUEST' | 'LARGE-REPLY'): Promise<number>;
  /** COMMANDLOG RESET: Empties a command log. O(N), N being the entries of the log. Since 8.1.0. */
  commandlogReset(type: 'SLOW' | 'LARGE-REQUEST' | 'LARGE-REPLY'): Promise<'OK'>;
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
  /** DUMP: Gives the value of a key as bytes, for RESTORE. O(1) to find the key, O(N) to write N elements. Since 2.6.0. */
  dump(key: Argument): Promise<string | null>;
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
  /** GEOADD: Gives members of a sorted set their places; adds those that are new, creates the set when there is none. O(log(N)) for each member, N being the members of the sorted set. Since 3.2.0. */
  geoadd(key: Argument, data: readonly ({ readonly longitude: number | string; readonly latitude: number | string; readonly member: Argument })[] | ({ readonly longitude: number | string; readonly latitude: number | string; readonly member: Argument }), options?: { readonly condition?: 'NX' | 'XX' | undefined; readonly change?: true | undefined }): Promise<number>;
  /** GEODIST: Tells the distance between two members. O(1) Since 3.2.0. */
  geodist(key: Argument, member1: Argument, member2: Argument, options?: { readonly unit?: 'm' | 'km' | 'ft' | 'mi' | undefined }): Promise<string | null>;
  /** GEOHASH: Tells the places of members as geohash text. O(1) for each member. Since 3.2.0. */
  geohash(key: Argument, options?: { readonly member?: readonly (Argument)[] | Argument | undefined }): Promise<ReplyValue[]>;
  /** GEOPOS: Tells longitude and latitude of members. O(1) for each member. Since 3.2.0. */
  geopos(key: Argument, options?: { readonly member?: readonly (Argument)[] | Argument | undefined }): Promise<ReplyValue[]>;
  /** GEORADIUS: Lists the members within a circle about a place, or stores them in a key. O(N+log(M)), N being the members in the cells about the area, M those in the area. Since 3.2.0. */
  georadius(key: Argument, longitude: number | string, latitude: number | string, radius: number | string, unit: 'm' | 'km' | 'ft' | 'mi', options?: { readonly withcoord?: true | undefined; readonly withdist?: true | undefined; readonly withhash?: true | undefined; readonly countBlock?: { readonly COUNT: number | bigint | string; readonly ANY?: true | undefined } | undefined; readonly order?: 'ASC' | 'DESC' | undefined; readonly store?: { 'STORE': Argument } | { 'STOREDIST': Argument } | undefined }): Promise<ReplyValue[] | number>;
  /** GEORADIUS_RO: Lists the members within a circle about a place. O(N+log(M)), N being the members in the cells about the area, M those in the area. Since 3.2.10. */
  georadiusRo(key: Argument, longitude: number | string, latitude: number | string, radius: number | string, unit: 'm' | 'km' | 'ft' | 'mi', options?: { readonly withcoord?: true | undefined; readonly withdist?: true | undefined; readonly withhash?: true | undefined; readonly countBlock?: { readonly COUNT: number | bigint | string; readonly ANY?: true | undefined } | undefined; readonly order?: 'ASC' | 'DESC' | undefined }): Promise<ReplyValue[]>;
  /** GEORADIUSBYMEMBER: Lists the members within a circle about a member, or stores them in a key. O(N+log(M)), N being the members in the cells about the area, M those in the area. Since 3.2.0. */
  georadiusbymember(key: Argument, member: Argument, radius: number | string, unit: 'm' | 'km' | 'ft' | 'mi', options?: { readonly withcoord?: true | undefined; readonly withdist?: true | undefined; readonly withhash?: true | undefined; readonly countBlock?: { readonly COUNT: number | bigint | string; readonly ANY?: true | undefined } | undefined; readonly order?: 'ASC' | 'DESC' | undefined; readonly store?: { 'STORE': Argument } | { 'STOREDIST': Argument } | undefined }): Promise<ReplyValue[] | number>;
  /** GEORADIUSBYMEMBER_RO: Lists the members within a circle about a member. O(N+log(M)), N being the members in the cells about the area, M those in the area. Since 3.2.10. */
  georadiusbymemberRo(key: Argument, member: Argument, radius: number | string, unit: 'm' | 'km' | 'ft' | 'mi', options?: { readonly withcoord?: true | undefined; readonly withdist?: true | undefined; readonly withhash?: true | undefined; readonly countBlock?: { readonly COUNT: number | bigint | string; readonly ANY?: true | undefined } | undefined; readonly order?: 'ASC' | 'DESC' | undefined }): Promise<ReplyValue[]>;
  /** GEOSEARCH: Lists the members within a circle or a box about a place or a member, or within a polygon. O(N+log(M)), N being the members in the cells about the area, M those in the area. Since 6.2.0. */
  geosearch(key: Argument, searchType: { 'radiusOrBox': { readonly from: { 'FROMMEMBER': Argument } | { 'FROMLONLAT': { readonly longitude: number | string; readonly latitude: number | string } }; readonly by: { 'circle': { readonly BYRADIUS: number | string; readonly unit: 'm' | 'km' | 'ft' | 'mi' } } | { 'box': { readonly BYBOX: number | string; readonly height: number | string; readonly unit: 'm' | 'km' | 'ft' | 'mi' } } } } | { 'polygon': { readonly BYPOLYGON: number | bigint | string; readonly vertices: readonly ({ readonly longitude: number | string; readonly latitude: number | string })[] | ({ readonly longitude: number | string; readonly latitude: number | string }) } }, options?: { readonly order?: 'ASC' | 'DESC' | undefined; readonly countBlock?: { readonly COUNT: number | bigint | string; readonly ANY?: true | undefined } | undefined; readonly withcoord?: true | undefined; readonly withdist?: true | undefined; readonly withhash?: true | undefined }): Promise<ReplyValue[]>;
  /** GEOSEARCHSTORE: Stores the members within a circle or a box about a place or a member, or within a polygon, in a key. O(N+log(M)), N being the members in the cells about the area, M those in the area. Since 6.2.0. */
  geosearchstore(destination: Argument, source: Argument, searchType: { 'radiusOrBox': { readonly from: { 'FROMMEMBER': Argument } | { 'FROMLONLAT': { readonly longitude: number | string; readonly latitude: number | string } }; readonly by: { 'circle': { readonly BYRADIUS: number | string; readonly unit: 'm' | 'km' | 'ft' | 'mi' } } | { 'box': { readonly BYBOX: number | string; readonly height: number | string; readonly unit: 'm' | 'km' | 'ft' | 'mi' } } } } | { 'polygon': { readonly BYPOLYGON: number | bigint | string; readonly vertices: readonly ({ readonly longitude: number | string; readonly latitude: number | string })[] | ({ readonly longitude: number | string; readonly latitude: number | string }) } }, options?: { readonly order?: 'ASC' | 'DESC' | undefined; readonly countBlock?: { readonly COUNT: number | bigint | string; readonly ANY?: true | undefined } | undefined; readonly storedist?: true | undefined }): Promise<number>;
  /** GET: Tells the value of a string key. O(1) Since 1.0.0. */
  get(key: Argument): Promise<string | null>;
  /** GETBIT: Tells one bit of a string. O(1) Since 2.2.0. */
  getbit(key: Argument, offset: number | bigint | string): Promise<number>;
  /** GETDEL: Tells the value of a string key and deletes it. O(1) Since 6.2.0. */
  getdel(key: Argument): Promise<string | null>;
  /** GETEX: Tells the value of a string key and sets or removes its expiry. O(1) Since 6.2.0. */
  getex(key: Argument, options?: { readonly expiration?: { 'EX': number | bigint | string } | { 'PX': number | bigint | string } | { 'EXAT': number | bigint | string } | { 'PXAT': number | bigint | string } | 'PERSIST' | undefined }): Promise<string | null>;
  /** GETRANGE: Tells a part of a string. O(N), N being the length of the part. Since 2.4.0. */
  getrange(key: Argument, start: number | bigint | string, end: number | bigint | string): Promise<string>;
  /** GETSET: Sets a key to a string and tells the one before. O(1) Since 1.0.0. */
  getset(key: Argument, value: Argument): Promise<string | null>;
  /** HDEL: Deletes fields of a hash; with the last one the key goes. O(N), N being the fields to delete. Since 2.0.0. */
  hdel(key: Argument, field: readonly (Argument)[] | Argument): Promise<number>;
  /** HELLO: Chooses the protocol version, and tells about the server. O(1) Since 6.0.0. */
  hello(options?: { readonly arguments?: { readonly protover: number | bigint | string; readonly AUTH?: { readonly username: Argument; readonly password: Argument } | undefined; readonly SETNAME?: Argument | undefined } | undefined }): Promise<Map<ReplyValue, ReplyValue>>;
  /** HEXISTS: Tells whether a hash has a field. O(1) Since 2.0.0. */
  hexists(key: Argument, field: Argument): Promise<number>;
  /** HEXPIRE: Lets fields expire after so many seconds. O(N), N being the fields. Since 7.4.0. */
  hexpire(key: Argument, seconds: number | bigint | string, fields: { readonly numfields: number | bigint | string; readonly field: readonly (Argument)[] | Argument }, options?: { readonly condition?: 'NX' | 'XX' | 'GT' | 'LT' | undefined }): Promise<ReplyValue[]>;
  /** HEXPIREAT: Lets fields expire at a time in Unix seconds. O(N), N being the fields. Since 7.4.0. */
  hexpireat(key: Argument, unixTimeSeconds: number | bigint | string, fields: { readonly numfields: number | bigint | string; readonly field: readonly (Argument)[] | Argument }, options?: { readonly condition?: 'NX' | 'XX' | 'GT' | 'LT' | undefined }): Promise<ReplyValue[]>;
  /** HEXPIRETIME: Tells when fields expire, in Unix seconds. O(N), N being the fields asked for. Since 7.4.0. */
  hexpiretime(key: Argument, fields: { readonly numfields: number | bigint | string; readonly field: readonly (Argument)[] | Argument }): Promise<ReplyValue[]>;
  /** HGET: Tells the value of a field. O(1) Since 2.0.0. */
  hget(key: Argument, field: Argument): Promise<string | null>;
  /** HGETALL: Lists the fields of a hash with their values. O(N), N being the fields. Since 2.0.0. */
  hgetall(key: Argument): Promise<Map<ReplyValue, ReplyValue>>;
  /** HGETDEL: Tells the values of fields and deletes them. O(N), N being the fields. Since 8.0.0. */
  hgetdel(key: Argument, fields: { readonly numfields: number | bigint | string; readonly field: readonly (Argument)[] | Argument }): Promise<ReplyValue[]>;
  /** HGETEX: Tells the values of fields and sets their deadlines, or takes them away. O(N), N being the fields. Since 8.0.0. */
  hgetex(key: Argument, fields: { readonly numfields: number | bigint | string; readonly field: readonly (Argument)[] | Argument }, options?: { readonly expiration?: { 'EX': number | bigint | string } | { 'PX': number | bigint | string } | { 'EXAT': number | bigint | string } | { 'PXAT': number | bigint | string } | 'PERSIST' | undefined }): Promise<ReplyValue[]>;
  /** HIMPORT DISCARD: Forgets a fieldset. O(1) Since 8.10.0. */
  himportDiscard(fieldsetName: Argument): Promise<number>;
  /** HIMPORT DISCARDALL: Forgets all fieldsets of this connection. O(N), N being the fieldsets. Since 8.10.0. */
  himportDiscardall(): Promise<number>;
  /** HIMPORT PREPARE: Names a list of fields, for this connection. O(N), N being the fields. Since 8.10.0. */
  himportPrepare(fieldsetName: Argument, field: readonly (Argument)[] | Argument): Promise<'OK'>;
  /** HIMPORT SET: Makes a hash of the fields of a fieldset and the values given, in place of what it was. O(N), N being the fields. Since 8.10.0. */
  himportSet(key: Argument, fieldsetName: Argument, value: readonly (Argument)[] | Argument): Promise<'OK'>;
  /** HINCRBY: Adds to the integer of a field, which starts at 0. O(1) Since 2.0.0. */
  hincrby(key: Argument, field: Argument, increment: number | bigint | string): Promise<number>;
  /** HINCRBYFLOAT: Adds to the floating-point number of a field, which starts at 0. O(1) Since 2.6.0. */
  hincrbyfloat(key: Argument, field: Argument, increment: number | string): Promise<string>;
  /** HKEYS: Lists the fields of a hash. O(N), N being the fields. Since 2.0.0. */
  hkeys(key: Argument): Promise<ReplyValue[]>;
  /** HLEN: Tells how many fields a hash has, those that have expired but were not deleted yet included. O(1) Since 2.0.0. */
  hlen(key: Argument): Promise<number>;
  /** HMGET: Tells the values of several fields. O(N), N being the fields asked for. Since 2.0.0. */
  hmget(key: Argument, field: readonly (Argument)[] | Argument): Promise<ReplyValue[]>;
  /** HMSET: Sets fields of a hash. O(N), N being the fields. Since 2.0.0. */
  hmset(key: Argument, data: readonly ({ readonly field: Argument; readonly value: Argument })[] | { readonly field: Argument; readonly value: Argument }): Promise<'OK'>;
  /** HPERSIST: Takes the deadlines of fields away. O(N), N being the fields. Since 7.4.0. */
  hpersist(key: Argument, fields: { readonly numfields: number | bigint | string; readonly field: readonly (Argument)[] | Argument }): Promise<ReplyValue[]>;
  /** HPEXPIRE: Lets fields expire after so many milliseconds. O(N), N being the fields. Since 7.4.0. */
  hpexpire(key: Argument, milliseconds: number | bigint | string, fields: { readonly numfields: number | bigint | string; readonly field: readonly (Argument)[] | Argument }, options?: { readonly condition?: 'NX' | 'XX' | 'GT' | 'LT' | undefined }): Promise<ReplyValue[]>;
  /** HPEXPIREAT: Lets fields expire at a time in Unix milliseconds. O(N), N being the fields. Since 7.4.0. */
  hpexpireat(key: Argument, unixTimeMilliseconds: number | bigint | string, fields: { readonly numfields: number | bigint | string; readonly field: readonly (Argument)[] | Argument }, options?: { readonly condition?: 'NX' | 'XX' | 'GT' | 'LT' | undefined }): Promise<ReplyValue[]>;
  /** HPEXPIRETIME: Tells when fields expire, in Unix milliseconds. O(N), N being the fields asked for. Since 7.4.0. */
  hpexpiretime(key: Argument, fields: { readonly numfields: number | bigint | string; readonly field: readonly (Argument)[] | Argument }): Promise<ReplyValue[]>;
  /** HPTTL: Tells how many milliseconds fields have left. O(N), N being the fields asked for. Since 7.4.0. */
  hpttl(key: Argument, fields: { readonly numfields: number | bigint | string; readonly field: readonly (Argument)[] | Argument }): Promise<ReplyValue[]>;
  /** HRANDFIELD: Tells fields of a hash, chosen at random; with a negative count one may come several times. O(N), N being the fields told. Since 6.2.0. */
  hrandfield(key: Argument, options?: { readonly options?: { readonly count: number | bigint | string; readonly WITHVALUES?: true | undefined } | undefined }): Promise<string | null | ReplyValue[]>;
  /** HSCAN: Looks through the fields of a hash a few at a time. O(1) for each call; O(N) for all of them, N being the fields. Since 2.8.0. */
  hscan(key: Argument, cursor: number | bigint | string, options?: { readonly pattern?: Argument | undefined; readonly count?: number | bigint | string | undefined; readonly novalues?: true | undefined }): Promise<ReplyValue[]>;
  /** HSET: Sets fields of a hash; creates it when there is none. O(1) for each field. Since 2.0.0. */
  hset(key: Argument, data: readonly ({ readonly field: Argument; readonly value: Argument })[] | { readonly field: Argument; readonly value: Argument }): Promise<number>;
  /** HSETEX: Sets fields with a deadline, all or none of them. O(N), N being the fields. Since 8.0.0. */
  hsetex(key: Argument, fields: { readonly numfields: number | bigint | string; readonly data: readonly ({ readonly field: Argument; readonly value: Argument })[] | { readonly field: Argument; readonly value: Argument } }, options?: { readonly condition?: 'FNX' | 'FXX' | undefined; readonly expiration?: { 'EX': number | bigint | string } | { 'PX': number | bigint | string } | { 'EXAT': number | bigint | string } | { 'PXAT': number | bigint | string } | 'KEEPTTL' | undefined }): Promise<number>;
  /** HSETNX: Sets a field of a hash that has none of that name. O(1) Since 2.0.0. */
  hsetnx(key: Argument, field: Argument, value: Argument): Promise<number>;
  /** HSTRLEN: Tells the length of a field's value, in bytes. O(1) Since 3.2.0. */
  hstrlen(key: Argument, field: Argument): Promise<number>;
  /** HTTL: Tells how many seconds fields have left. O(N), N being the fields asked for. Since 7.4.0. */
  httl(key: Argument, fields: { readonly numfields: number | bigint | string; readonly field: readonly (Argument)[] | Argument }): Promise<ReplyValue[]>;
  /** HVALS: Lists the values of a hash. O(N), N being the fields. Since 2.0.0. */
  hvals(key: Argument): Promise<ReplyValue[]>;
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
  /** LATENCY DOCTOR: Tells what the latency monitor saw, and what to do about it. O(1) Since 2.8.13. */
  latencyDoctor(): Promise<string>;
  /** LATENCY GRAPH: Draws the samples of one kind of event. O(1) Since 2.8.13. */
  latencyGraph(event: Argument): Promise<string>;
  /** LATENCY HELP: Lists the subcommands with a line on each. O(1) Since 2.8.13. */
  latencyHelp(): Promise<ReplyValue[]>;
  /** LATENCY HISTOGRAM: Tells how long some commands take, or all. O(N), N being the commands with durations. Since 7.0.0. */
  latencyHistogram(options?: { readonly command?: readonly (Argument)[] | Argument | undefined }): Promise<Map<ReplyValue, ReplyValue>>;
  /** LATENCY HISTORY: Lists the samples of one kind of event. O(1) Since 2.8.13. */
  latencyHistory(event: Argument): Promise<ReplyValue[]>;
  /** LATENCY LATEST: Lists the newest sample of each kind of event. O(1) Since 2.8.13. */
  latencyLatest(): Promise<ReplyValue[]>;
  /** LATENCY RESET: Forgets the samples of some kinds of events, or of all. O(1) Since 2.8.13. */
  latencyReset(options?: { readonly event?: readonly (Argument)[] | Argument | undefined }): Promise<number>;
  /** LCS: Finds the longest subsequence that two strings have in common. O(N*M), N and M being the lengths of the strings; as much memory, up to proto-max-bulk-len. Since 7.0.0. */
  lcs(key1: Argument, key2: Argument, options?: { readonly len?: true | undefined; readonly idx?: true | undefined; readonly minMatchLen?: number | bigint | string | undefined; readonly withmatchlen?: true | undefined }): Promise<string | number | Map<ReplyValue, ReplyValue>>;
  /** LINDEX: Tells the item at a place of a list. O(N), N being the items between it and the nearer end. Since 1.0.0. */
  lindex(key: Argument, index: number | bigint | string): Promise<string | null>;
  /** LINSERT: Adds an item before or after another one. O(N), N being the items before the other one. Since 2.2.0. */
  linsert(key: Argument, where: 'BEFORE' | 'AFTER', pivot: Argument, element: Argument): Promise<number>;
  /** LLEN: Tells how many items a list has. O(1) Since 1.0.0. */
  llen(key: Argument): Promise<number>;
  /** LMOVE: Moves an item from one end of a list to one end of another, and tells it. O(1) Since 6.2.0. */
  lmove(source: Argument, destination: Argument, wherefrom: 'LEFT' | 'RIGHT', whereto: 'LEFT' | 'RIGHT'): Promise<string | null>;
  /** LMOVEM: Moves several items from one end of a list to one end of another, and tells them. O(N), N being the items moved. Since 8.10.0. */
  lmovem(source: Argument, destination: Argument, wherefrom: 'LEFT' | 'RIGHT', whereto: 'LEFT' | 'RIGHT', options?: { readonly howMany?: { readonly selector: { 'COUNT': number | bigint | string } | { 'EXACTLY': number | bigint | string }; readonly ordering: 'OBO' | 'BULK' } | undefined }): Promise<ReplyValue[] | null>;
  /** LMPOP: Takes items off the first of several lists that is there, and tells them. O(N+M), N being the keys, M the items returned. Since 7.0.0. */
  lmpop(key: readonly (Argument)[] | Argument, where: 'LEFT' | 'RIGHT', options?: { readonly count?: number | bigint | string | undefined }): Promise<ReplyValue[] | null>;
  /** LOLWUT: Draws a picture, and tells the version. O(N), N being the size of the picture. Since 5.0.0. */
  lolwut(options?: { readonly version?: number | bigint | string | undefined; readonly size?: readonly (number | bigint | string)[] | (number | bigint | string) | undefined }): Promise<string>;
  /** LPOP: Takes items off the head of a list, and tells them. O(N), N being the items returned. Since 1.0.0. */
  lpop(key: Argument, options?: { readonly count?: number | bigint | string | undefined }): Promise<string | ReplyValue[] | null>;
  /** LPOS: Tells where items of one value stand in a list. O(N), N being the items that are compared. Since 6.0.6. */
  lpos(key: Argument, element: Argument, options?: { readonly rank?: number | bigint | string | undefined; readonly numMatches?: number | bigint | string | undefined; readonly len?: number | bigint | string | undefined }): Promise<number | ReplyValue[] | null>;
  /** LPUSH: Adds items at the head of a list; creates it when there is none. O(1) for each item. Since 1.0.0. */
  lpush(key: Argument, element: readonly (Argument)[] | Argument): Promise<number>;
  /** LPUSHX: Adds items at the head of a list that is there. O(1) for each item. Since 2.2.0. */
  lpushx(key: Argument, element: readonly (Argument)[] | Argument): Promise<number>;
  /** LRANGE: Tells the items of a range of a list. O(S+N), S being the items between the range and the nearer end, N those of the range. Since 1.0.0. */
  lrange(key: Argument, start: number | bigint | string, stop: number | bigint | string): Promise<ReplyValue[]>;
  /** LREM: Removes items of one value: so many from the head, from the tail when negative, all when 0. O(N), N being the items of the list. Since 1.0.0. */
  lrem(key: Argument, count: number | bigint | string, element: Argument): Promise<number>;
  /** LSET: Puts another item at a place of a list. O(N), N being the items between it and the nearer end. Since 1.0.0. */
  lset(key: Argument, index: number | bigint | string, element: Argument): Promise<'OK'>;
  /** LTRIM: Removes all items of a list but those of a range. O(N), N being the items removed. Since 1.0.0. */
  ltrim(key: Argument, start: number | bigint | string, stop: number | bigint | string): Promise<'OK'>;
  /** MEMORY DOCTOR: Tells whether anything about the use of memory looks wrong. O(N), N being the clients. Since 4.0.0. */
  memoryDoctor(): Promise<string>;
  /** MEMORY HELP: Lists the subcommands with a line on each. O(1) Since 5.0.0. */
  memoryHelp(): Promise<ReplyValue[]>;
  /** MEMORY MALLOC-STATS: Tells what the allocator knows of itself. O(1) Since 4.0.0. */
  memoryMallocStats(): Promise<string>;
  /** MEMORY PURGE: Gives memory that is free back to the system. O(N), N being the segments that are free. Since 4.0.0. */
  memoryPurge(): Promise<'OK'>;
  /** MEMORY STATS: Tells what memory is used for. O(N), N being the clients. Since 4.0.0. */
  memoryStats(): Promise<Map<ReplyValue, ReplyValue>>;
  /** MEMORY USAGE: Tells how many bytes a key and its value take. O(N), N being the elements of a large collection. Since 4.0.0. */
  memoryUsage(key: Argument, options?: { readonly count?: number | bigint | string | undefined }): Promise<number | null>;
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
  /** PFADD: Adds elements to a HyperLogLog; creates it when there is none. O(1) for each element. Since 2.8.9. */
  pfadd(key: Argument, options?: { readonly element?: readonly (Argument)[] | Argument | undefined }): Promise<number>;
  /** PFCOUNT: Estimates how many different elements were added, to one HyperLogLog or to several together. O(1) for a key, O(N) for N of them, with a large constant. Since 2.8.9. */
  pfcount(key: readonly (Argument)[] | Argument): Promise<number>;
  /** PFDEBUG: Looks into a HyperLogLog. N/A Since 2.8.9. */
  pfdebug(subcommand: Argument, key: Argument): Promise<ReplyValue>;
  /** PFMERGE: Adds HyperLogLogs to one. O(N), N being the keys, with a large constant. Since 2.8.9. */
  pfmerge(destkey: Argument, options?: { readonly sourcekey?: readonly (Argument)[] | Argument | undefined }): Promise<'OK'>;
  /** PFSELFTEST: Tests registers and estimates. N/A Since 2.8.9. */
  pfselftest(): Promise<'OK'>;
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
  /** RESTORE: Makes a key of a value that DUMP gave. O(1) to make the key, O(N) to check and make N elements, O(N log N) for a sorted set. Since 2.6.0. */
  restore(key: Argument, ttl: number | bigint | string, serializedValue: Argument, options?: { readonly replace?: true | undefined; readonly absttl?: true | undefined; readonly seconds?: number | bigint | string | undefined; readonly frequency?: number | bigint | string | undefined }): Promise<'OK'>;
  /** RESTORE-ASKING: Makes a key of a slot that is on its way here: what MIGRATE sends. O(1) to make the key, O(N) to check and make N elements, O(N log N) for a sorted set. Since 3.0.0. */
  restoreAsking(key: Argument, ttl: number | bigint | string, serializedValue: Argument, options?: { readonly replace?: true | undefined; readonly absttl?: true | undefined; readonly seconds?: number | bigint | string | undefined; readonly frequency?: number | bigint | string | undefined }): Promise<'OK'>;
  /** RPOP: Takes items off the tail of a list, and tells them. O(N), N being the items returned. Since 1.0.0. */
  rpop(key: Argument, options?: { readonly count?: number | bigint | string | undefined }): Promise<string | ReplyValue[] | null>;
  /** RPOPLPUSH: Moves an item from the tail of a list to the head of another, and tells it. O(1) Since 1.2.0. */
  rpoplpush(source: Argument, destination: Argument): Promise<string | null>;
  /** RPUSH: Adds items at the tail of a list; creates it when there is none. O(1) for each item. Since 1.0.0. */
  rpush(key: Argument, element: readonly (Argument)[] | Argument): Promise<number>;
  /** RPUSHX: Adds items at the tail of a list that is there. O(1) for each item. Since 2.2.0. */
  rpushx(key: Argument, element: readonly (Argument)[] | Argument): Promise<number>;
  /** SADD: Adds members to a set; creates it when there is none. O(1) for each member. Since 1.0.0. */
  sadd(key: Argument, member: readonly (Argument)[] | Argument): Promise<number>;
  /** SCAN: Looks through the keys of a database a few at a time. O(1) for each call; O(N) for all of them, N being the keys. Since 2.8.0. */
  scan(cursor: number | bigint | string, options?: { readonly pattern?: Argument | undefined; readonly count?: number | bigint | string | undefined; readonly type?: Argument | undefined }): Promise<ReplyValue[]>;
  /** SCARD: Tells how many members a set has. O(1) Since 1.0.0. */
  scard(key: Argument): Promise<number>;
  /** SDIFF: Lists what a set has and several others do not. O(N), N being the members of all sets. Since 1.0.0. */
  sdiff(key: readonly (Argument)[] | Argument): Promise<Set<ReplyValue>>;
  /** SDIFFCARD: Counts what a set has and several others do not. O(N), N being the members of all sets. Since 8.10.0. */
  sdiffcard(key: readonly (Argument)[] | Argument, options?: { readonly limit?: number | bigint | string | undefined }): Promise<number>;
  /** SDIFFSTORE: Stores what a set has and several others do not. O(N), N being the members of all sets. Since 1.0.0. */
  sdiffstore(destination: Argument, key: readonly (Argument)[] | Argument): Promise<number>;
  /** SELECT: Chooses the database that the connection works on. O(1) Since 1.0.0. */
  select(index: number | bigint | string): Promise<'OK'>;
  /** SET: Sets a key to a string, whatever it held before. O(1) Since 1.0.0. */
  set(key: Argument, value: Argument, options?: { readonly condition?: 'NX' | 'XX' | { 'IFEQ': Argument } | { 'IFNE': Argument } | { 'IFDEQ': Argument } | { 'IFDNE': Argument } | undefined; readonly get?: true | undefined; readonly expiration?: { 'EX': number | bigint | string } | { 'PX': number | bigint | string } | { 'EXAT': number | bigint | string } | { 'PXAT': number | bigint | string } | 'KEEPTTL' | undefined }): Promise<'OK' | null | string>;
  /** SETBIT: Sets one bit of a string, which grows as needed. O(1) Since 2.2.0. */
  setbit(key: Argument, offset: number | bigint | string, value: number | bigint | string): Promise<number>;
  /** SETEX: Sets a key to a string that expires after some seconds. O(1) Since 2.0.0. */
  setex(key: Argument, seconds: number | bigint | string, value: Argument): Promise<'OK'>;
  /** SETNX: Sets a key to a string, if it does not exist. O(1) Since 1.0.0. */
  setnx(key: Argument, value: Argument): Promise<number>;
  /** SETRANGE: Overwrites a part of a string, filling up with zero bytes before it. O(M), M being the length of the value, when the string does not grow. Since 2.2.0. */
  setrange(key: Argument, offset: number | bigint | string, value: Argument): Promise<number>;
  /** SINTER: Lists what several sets have in common. O(N*M), N being the members of the smallest set, M the sets. Since 1.0.0. */
  sinter(key: readonly (Argument)[] | Argument): Promise<Set<ReplyValue>>;
  /** SINTERCARD: Counts what several sets have in common. O(N*M), N being the members of the smallest set, M the sets. Since 7.0.0. */
  sintercard(key: readonly (Argument)[] | Argument, options?: { readonly limit?: number | bigint | string | undefined }): Promise<number>;
  /** SINTERSTORE: Stores what several sets have in common. O(N*M), N being the members of the smallest set, M the sets. Since 1.0.0. */
  sinterstore(destination: Argument, key: readonly (Argument)[] | Argument): Promise<number>;
  /** SISMEMBER: Tells whether something is a member of a set. O(1) Since 1.0.0. */
  sismember(key: Argument, member: Argument): Promise<number>;
  /** SLOWLOG GET: Shows the newest entries of the slow log. O(N), N being the entries shown. Since 2.2.12. */
  slowlogGet(options?: { readonly count?: number | bigint | string | undefined }): Promise<ReplyValue[]>;
  /** SLOWLOG HELP: Lists the subcommands with a line on each. O(1) Since 6.2.0. */
  slowlogHelp(): Promise<ReplyValue[]>;
  /** SLOWLOG LEN: Tells how many entries the slow log has. O(1) Since 2.2.12. */
  slowlogLen(): Promise<number>;
  /** SLOWLOG RESET: Empties the slow log. O(N), N being the entries of the log. Since 2.2.12. */
  slowlogReset(): Promise<'OK'>;
  /** SMEMBERS: Lists the members of a set. O(N), N being the members. Since 1.0.0. */
  smembers(key: Argument): Promise<Set<ReplyValue>>;
  /** SMISMEMBER: Tells of each of several things whether it is a member of a set. O(N), N being the things asked for. Since 6.2.0. */
  smismember(key: Argument, member: readonly (Argument)[] | Argument): Promise<ReplyValue[]>;
  /** SMOVE: Moves a member from one set to another. O(1) Since 1.0.0. */
  smove(source: Argument, destination: Argument, member: Argument): Promise<number>;
  /** SORT: Sorts the items of a list, a set or a sorted set; stores the result in a key if told so. O(N+M*log(M)), N being the items, M those wanted; O(N) where nothing is sorted. Since 1.0.0. */
  sort(key: Argument, options?: { readonly byPattern?: Argument | undefined; readonly limit?: { readonly offset: number | bigint | string; readonly count: number | bigint | string } | undefined; readonly getPattern?: readonly (Argument)[] | Argument | undefined; readonly order?: 'ASC' | 'DESC' | undefined; readonly sorting?: true | undefined; readonly destination?: Argument | undefined }): Promise<ReplyValue[] | number>;
  /** SORT_RO: Sorts the items of a list, a set or a sorted set. O(N+M*log(M)), N being the items, M those wanted; O(N) where nothing is sorted. Since 7.0.0. */
  sortRo(key: Argument, options?: { readonly byPattern?: Argument | undefined; readonly limit?: { readonly offset: number | bigint | string; readonly count: number | bigint | string } | undefined; readonly getPattern?: readonly (Argument)[] | Argument | undefined; readonly order?: 'ASC' | 'DESC' | undefined; readonly sorting?: true | undefined }): Promise<ReplyValue[]>;
  /** SPOP: Takes members out of a set, chosen at random, and tells them. O(1); O(N) with a count of N. Since 1.0.0. */
  spop(key: Argument, options?: { readonly count?: number | bigint | string | undefined }): Promise<string | null | Set<ReplyValue>>;
  /** SPUBLISH: Sends a message to a shard channel. O(N), N being the listeners of the shard channel. Since 7.0.0. */
  spublish(shardchannel: Argument, message: Argument): Promise<number>;
  /** SRANDMEMBER: Tells members of a set, chosen at random; with a negative count one may come several times. O(1); with a count O(N), N being the count. Since 1.0.0. */
  srandmember(key: Argument, options?: { readonly count?: number | bigint | string | undefined }): Promise<string | null | ReplyValue[]>;
  /** SREM: Takes members out of a set; with the last one the key goes. O(1) for each member. Since 1.0.0. */
  srem(key: Argument, member: readonly (Argument)[] | Argument): Promise<number>;
  /** SSCAN: Looks through the members of a set a few at a time. O(1) for each call; O(N) for all of them, N being the members. Since 2.8.0. */
  sscan(key: Argument, cursor: number | bigint | string, options?: { readonly pattern?: Argument | undefined; readonly count?: number | bigint | string | undefined }): Promise<ReplyValue[]>;
  /** SSUBSCRIBE: Listens to the messages of shard channels. O(N), N being the shard channels. Since 7.0.0. */
  ssubscribe(shardchannel: readonly (Argument)[] | Argument): Promise<ReplyValue[]>;
  /** STRLEN: Tells the length of a string, in bytes. O(1) Since 2.2.0. */
  strlen(key: Argument): Promise<number>;
  /** SUBSCRIBE: Listens to the messages of channels. O(N), N being the channels. Since 2.0.0. */
  subscribe(channel: readonly (Argument)[] | Argument): Promise<ReplyValue[]>;
  /** SUBSTR: Tells a part of a string. O(N), N being the length of the part. Since 1.0.0. */
  substr(key: Argument, start: number | bigint | string, end: number | bigint | string): Promise<string>;
  /** SUNION: Lists what several sets have together. O(N), N being the members of all sets. Since 1.0.0. */
  sunion(key: readonly (Argument)[] | Argument): Promise<Set<ReplyValue>>;
  /** SUNIONCARD: Counts what several sets have together. O(N), N being the members of all sets. Since 8.10.0. */
  sunioncard(key: readonly (Argument)[] | Argument, options?: { readonly approx?: true | undefined; readonly limit?: number | bigint | string | undefined }): Promise<number>;
  /** SUNIONSTORE: Stores what several sets have together. O(N), N being the members of all sets. Since 1.0.0. */
  sunionstore(destination: Argument, key: readonly (Argument)[] | Argument): Promise<number>;
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
  /** XACK: Acknowledges entries: they are no longer pending in a group. O(log N) for each id, N being the pending entries. Since 5.0.0. */
  xack(key: Argument, group: Argument, ID: readonly (Argument)[] | Argument): Promise<number>;
  /** XACKDEL: Acknowledges entries in a group and removes them from their stream, and tells of each. O(log N) for each id, N being the blocks of the stream; for each group as much again. Since 8.2.0. */
  xackdel(key: Argument, group: Argument, ids: { readonly numids: number | bigint | string; readonly id: readonly (Argument)[] | Argument }, options?: { readonly condition?: 'KEEPREF' | 'DELREF' | 'ACKED' | undefined }): Promise<ReplyValue[]>;
  /** XADD: Adds an entry to a stream; creates the stream when there is none. O(1); with trimming O(N), N being the entries removed. Since 5.0.0. */
  xadd(key: Argument, idSelector: '*' | Argument, data: readonly ({ readonly field: Argument; readonly value: Argument })[] | { readonly field: Argument; readonly value: Argument }, options?: { readonly nomkstream?: true | undefined; readonly condition?: 'KEEPREF' | 'DELREF' | 'ACKED' | undefined; readonly idempotency?: { 'IDMPAUTO': Argument } | { 'IDMP': { readonly producerId: Argument; readonly idempotentId: Argument } } | undefined; readonly trim?: { readonly strategy: 'MAXLEN' | 'MINID'; readonly operator?: '=' | '~' | undefined; readonly threshold: Argument; readonly LIMIT?: number | bigint | string | undefined } | undefined }): Promise<string | null>;
  /** XAUTOCLAIM: Goes through what is pending in a group, and makes a consumer the owner of what others left lying. O(N log M), N being COUNT, M the pending entries. Since 6.2.0. */
  xautoclaim(key: Argument, group: Argument, consumer: Argument, minIdleTime: Argument, start: Argument, options?: { readonly count?: number | bigint | string | undefined; readonly justid?: true | undefined }): Promise<ReplyValue[]>;
  /** XCFGSET: Sets for how long, and how many, messages of producers a stream remembers. O(N), N being the messages forgotten. Since 8.6.0. */
  xcfgset(key: Argument, options?: { readonly idmpDuration?: number | bigint | string | undefined; readonly idmpMaxsize?: number | bigint | string | undefined }): Promise<'OK'>;
  /** XCLAIM: Makes a consumer the owner of pending entries that others left lying. O(log N) for each id, N being the pending entries. Since 5.0.0. */
  xclaim(key: Argument, group: Argument, consumer: Argument, minIdleTime: Argument, ID: readonly (Argument)[] | Argument, options?: { readonly ms?: number | bigint | string | undefined; readonly unixTimeMilliseconds?: number | bigint | string | undefined; readonly count?: number | bigint | string | undefined; readonly force?: true | undefined; readonly justid?: true | undefined; readonly lastid?: Argument | undefined }): Promise<ReplyValue[]>;
  /** XDEL: Removes entries from a stream. O(log N) for each id, N being the blocks of the stream. Since 5.0.0. */
  xdel(key: Argument, ID: readonly (Argument)[] | Argument): Promise<number>;
  /** XDELEX: Removes entries from a stream, and tells of each; says what happens where they are pending. O(log N) for each id, N being the blocks of the stream; for each group as much again. Since 8.2.0. */
  xdelex(key: Argument, ids: { readonly numids: number | bigint | string; readonly id: readonly (Argument)[] | Argument }, options?: { readonly condition?: 'KEEPREF' | 'DELREF' | 'ACKED' | undefined }): Promise<ReplyValue[]>;
  /** XGROUP CREATE: Makes a consumer group that reads a stream from an id on. O(N), N being the groups of the stream. Since 5.0.0. */
  xgroupCreate(key: Argument, group: Argument, idSelector: Argument | '$', options?: { readonly mkstream?: true | undefined; readonly entriesread?: number | bigint | string | undefined }): Promise<'OK'>;
  /** XGROUP CREATECONSUMER: Makes a consumer in a group. O(N), N being the consumers of the group. Since 6.2.0. */
  xgroupCreateconsumer(key: Argument, group: Argument, consumer: Argument): Promise<number>;
  /** XGROUP DELCONSUMER: Removes a consumer from a group, with all that is pending for it. O(N log M), N being the entries pending for it, M those of the group. Since 5.0.0. */
  xgroupDelconsumer(key: Argument, group: Argument, consumer: Argument): Promise<number>;
  /** XGROUP DESTROY: Removes a consumer group, with all that is pending in it. O(N), N being the pending entries. Since 5.0.0. */
  xgroupDestroy(key: Argument, group: Argument): Promise<number>;
  /** XGROUP HELP: Lists the subcommands with a line on each. O(1) Since 5.0.0. */
  xgroupHelp(): Promise<ReplyValue[]>;
  /** XGROUP SETID: Sets the id after which a consumer group reads on. O(1) Since 5.0.0. */
  xgroupSetid(key: Argument, group: Argument, idSelector: Argument | '$', options?: { readonly entriesread?: number | bigint | string | undefined }): Promise<'OK'>;
  /** XIDMPRECORD: Notes which message of a producer an entry was: for files and replicas. O(1) Since 8.8.0. */
  xidmprecord(key: Argument, pid: Argument, iid: Argument, streamId: Argument): Promise<'OK'>;
  /** XINFO CONSUMERS: Tells the consumers of a group. O(N), N being the consumers. Since 5.0.0. */
  xinfoConsumers(key: Argument, group: Argument): Promise<ReplyValue[]>;
  /** XINFO GROUPS: Tells the consumer groups of a stream. O(N), N being the groups. Since 5.0.0. */
  xinfoGroups(key: Argument): Promise<ReplyValue[]>;
  /** XINFO HELP: Lists the subcommands with a line on each. O(1) Since 5.0.0. */
  xinfoHelp(): Promise<ReplyValue[]>;
  /** XINFO STREAM: Tells what there is to know of a stream. O(N), N being the blocks of the stream; with FULL also what is told. Since 5.0.0. */
  xinfoStream(key: Argument, options?: { readonly fullBlock?: { readonly FULL: true; readonly COUNT?: number | bigint | string | undefined } | undefined }): Promise<Map<ReplyValue, ReplyValue>>;
  /** XLEN: Tells how many entries a stream has. O(1) Since 5.0.0. */
  xlen(key: Argument): Promise<number>;
  /** XNACK: Gives pending entries back to their group, for whoever claims them first. O(log N) for each id, N being the pending entries. Since 8.8.0. */
  xnack(key: Argument, group: Argument, mode: 'SILENT' | 'FAIL' | 'FATAL', ids: { readonly numids: number | bigint | string; readonly id: readonly (Argument)[] | Argument }, options?: { readonly count?: number | bigint | string | undefined; readonly force?: true | undefined }): Promise<number>;
  /** XPENDING: Tells what is pending in a group: how much and for whom, or which entries. O(N), N being the entries told, or the consumers; with IDLE those looked at. Since 5.0.0. */
  xpending(key: Argument, group: Argument, options?: { readonly filters?: { readonly IDLE?: number | bigint | string | undefined; readonly start: Argument; readonly end: Argument; readonly count: number | bigint | string; readonly consumer?: Argument | undefined } | undefined }): Promise<ReplyValue[]>;
  /** XRANGE: Tells the entries of a range of ids, the oldest first. O(N), N being the entries told; finding the first is O(log M), M being the blocks of the stream. Since 5.0.0. */
  xrange(key: Argument, start: Argument, end: Argument, options?: { readonly count?: number | bigint | string | undefined }): Promise<ReplyValue[]>;
  /** XREAD: Tells what streams have after given ids, or waits until there is something. O(N), N being the entries told. Since 5.0.0. */
  xread(streams: { readonly key: readonly (Argument)[] | Argument; readonly ID: readonly (Argument)[] | Argument }, options?: { readonly count?: number | bigint | string | undefined; readonly maxcount?: number | bigint | string | undefined; readonly maxsize?: number | bigint | string | undefined; readonly milliseconds?: number | bigint | string | undefined }): Promise<Map<ReplyValue, ReplyValue> | null>;
  /** XREADGROUP: Delivers to a consumer what its group has not had yet, or tells what is pending for it. O(N log M), N being the entries told, M the pending ones. Since 5.0.0. */
  xreadgroup(groupBlock: { readonly group: Argument; readonly consumer: Argument }, streams: { readonly key: readonly (Argument)[] | Argument; readonly ID: readonly (Argument)[] | Argument }, options?: { readonly count?: number | bigint | string | undefined; readonly maxcount?: number | bigint | string | undefined; readonly maxsize?: number | bigint | string | undefined; readonly milliseconds?: number | bigint | string | undefined; readonly minIdleTime?: number | bigint | string | undefined; readonly noack?: true | undefined }): Promise<Map<ReplyValue, ReplyValue> | null>;
  /** XREVRANGE: Tells the entries of a range of ids, the newest first. O(N), N being the entries told; finding the first is O(log M), M being the blocks of the stream. Since 5.0.0. */
  xrevrange(key: Argument, end: Argument, start: Argument, options?: { readonly count?: number | bigint | string | undefined }): Promise<ReplyValue[]>;
  /** XSETID: Sets the last id of a stream, and what it knows of entries that were. O(1) Since 5.0.0. */
  xsetid(key: Argument, lastId: Argument, options?: { readonly entriesAdded?: number | bigint | string | undefined; readonly maxDeletedId?: Argument | undefined }): Promise<'OK'>;
  /** XTRIM: Removes the oldest entries of a stream: those beyond a length, or before an id. O(N), N being the entries removed; whole blocks of them go at once. Since 5.0.0. */
  xtrim(key: Argument, trim: { readonly strategy: 'MAXLEN' | 'MINID'; readonly operator?: '=' | '~' | undefined; readonly threshold: Argument; readonly LIMIT?: number | bigint | string | undefined }, options?: { readonly condition?: 'KEEPREF' | 'DELREF' | 'ACKED' | undefined }): Promise<number>;
  /** ZADD: Gives members of a sorted set their scores; adds those that are new, creates the set when there is none. O(log(N)) for each member, N being the members of the sorted set. Since 1.2.0. */
  zadd(key: Argument, data: readonly ({ readonly score: number | string; readonly member: Argument })[] | ({ readonly score: number | string; readonly member: Argument }), options?: { readonly condition?: 'NX' | 'XX' | undefined; readonly comparison?: 'GT' | 'LT' | undefined; readonly change?: true | undefined; readonly increment?: true | undefined }): Promise<number | null>;
  /** ZCARD: Tells how many members a sorted set has. O(1) Since 1.2.0. */
  zcard(key: Argument): Promise<number>;
  /** ZCOUNT: Counts the members of a sorted set in a range of scores. O(log(N)), N being the members of the sorted set. Since 2.0.0. */
  zcount(key: Argument, min: number | string, max: number | string): Promise<number>;
  /** ZDIFF: Lists what a sorted set has and several others do not. O(L+N*log(N)), L being the members of all inputs, N those of the first. Since 6.2.0. */
  zdiff(key: readonly (Argument)[] | Argument, options?: { readonly withscores?: true | undefined }): Promise<ReplyValue[]>;
  /** ZDIFFSTORE: Stores what a sorted set has and several others do not. O(L+N*log(N)), L being the members of all inputs, N those of the first. Since 6.2.0. */
  zdiffstore(destination: Argument, key: readonly (Argument)[] | Argument): Promise<number>;
  /** ZINCRBY: Adds to the score of a member of a sorted set; one that is not there begins at 0. O(log(N)), N being the members of the sorted set. Since 1.2.0. */
  zincrby(key: Argument, increment: number | bigint | string, member: Argument): Promise<number>;
  /** ZINTER: Lists what several sorted sets have in common. O(N*K)+O(M*log(M)), N being the members of the smallest input, K the inputs, M the members of the result. Since 6.2.0. */
  zinter(key: readonly (Argument)[] | Argument, options?: { readonly weight?: readonly (number | bigint | string)[] | (number | bigint | string) | undefined; readonly aggregate?: 'SUM' | 'MIN' | 'MAX' | 'COUNT' | undefined; readonly withscores?: true | undefined }): Promise<ReplyValue[]>;
  /** ZINTERCARD: Counts what several sorted sets have in common. O(N*K), N being the members of the smallest input, K the inputs. Since 7.0.0. */
  zintercard(key: readonly (Argument)[] | Argument, options?: { readonly limit?: number | bigint | string | undefined }): Promise<number>;
  /** ZINTERSTORE: Stores what several sorted sets have in common. O(N*K)+O(M*log(M)), N being the members of the smallest input, K the inputs, M the members of the result. Since 2.0.0. */
  zinterstore(destination: Argument, key: readonly (Argument)[] | Argument, options?: { readonly weight?: readonly (number | bigint | string)[] | (number | bigint | string) | undefined; readonly aggregate?: 'SUM' | 'MIN' | 'MAX' | 'COUNT' | undefined }): Promise<number>;
  /** ZLEXCOUNT: Counts the members of a sorted set of equal scores in a range of members. O(log(N)), N being the members of the sorted set. Since 2.8.9. */
  zlexcount(key: Argument, min: Argument, max: Argument): Promise<number>;
  /** ZMPOP: Takes members out of the first of several sorted sets that is there, and tells them. O(K)+O(log(N)+M), K being the keys, N the members of the sorted set, M those popped. Since 7.0.0. */
  zmpop(key: readonly (Argument)[] | Argument, where: 'MIN' | 'MAX', options?: { readonly count?: number | bigint | string | undefined }): Promise<ReplyValue[] | null>;
  /** ZMSCORE: Tells the scores of several members of a sorted set. O(N), N being the members asked for. Since 6.2.0. */
  zmscore(key: Argument, member: readonly (Argument)[] | Argument): Promise<ReplyValue[]>;
  /** ZPOPMAX: Takes the members with the greatest scores out, and tells them. O(log(N)+M), N being the members of the sorted set, M those popped. Since 5.0.0. */
  zpopmax(key: Argument, options?: { readonly count?: number | bigint | string | undefined }): Promise<ReplyValue[]>;
  /** ZPOPMIN: Takes the members with the least scores out, and tells them. O(log(N)+M), N being the members of the sorted set, M those popped. Since 5.0.0. */
  zpopmin(key: Argument, options?: { readonly count?: number | bigint | string | undefined }): Promise<ReplyValue[]>;
  /** ZRANDMEMBER: Tells members of a sorted set, chosen at random; with a negative count one may come several times. O(N), N being the count. Since 6.2.0. */
  zrandmember(key: Argument, options?: { readonly options?: { readonly count: number | bigint | string; readonly WITHSCORES?: true | undefined } | undefined }): Promise<string | null | ReplyValue[]>;
  /** ZRANGE: Lists members of a sorted set in a range of ranks, scores or members. O(log(N)+M), N being the members of the sorted set, M those in the range. Since 1.2.0. */
  zrange(key: Argument, start: Argument, stop: Argument, options?: { readonly sortby?: 'BYSCORE' | 'BYLEX' | undefined; readonly rev?: true | undefined; readonly limit?: { readonly offset: number | bigint | string; readonly count: number | bigint | string } | undefined; readonly withscores?: true | undefined }): Promise<ReplyValue[]>;
  /** ZRANGEBYLEX: Lists members of a sorted set of equal scores in a range of members. O(log(N)+M), N being the members of the sorted set, M those in the range. Since 2.8.9. */
  zrangebylex(key: Argument, min: Argument, max: Argument, options?: { readonly limit?: { readonly offset: number | bigint | string; readonly count: number | bigint | string } | undefined }): Promise<ReplyValue[]>;
  /** ZRANGEBYSCORE: Lists members of a sorted set in a range of scores. O(log(N)+M), N being the members of the sorted set, M those in the range. Since 1.0.5. */
  zrangebyscore(key: Argument, min: number | string, max: number | string, options?: { readonly withscores?: true | undefined; readonly limit?: { readonly offset: number | bigint | string; readonly count: number | bigint | string } | undefined }): Promise<ReplyValue[]>;
  /** ZRANGESTORE: Stores a range of a sorted set in a key. O(log(N)+M), N being the members of the sorted set, M those in the range. Since 6.2.0. */
  zrangestore(dst: Argument, src: Argument, min: Argument, max: Argument, options?: { readonly sortby?: 'BYSCORE' | 'BYLEX' | undefined; readonly rev?: true | undefined; readonly limit?: { readonly offset: number | bigint | string; readonly count: number | bigint | string } | undefined }): Promise<number>;
  /** ZRANK: Tells how many members of a sorted set come before one, by ascending scores. O(log(N)), N being the members of the sorted set. Since 2.0.0. */
  zrank(key: Argument, member: Argument, options?: { readonly withscore?: true | undefined }): Promise<number | ReplyValue[] | null>;
  /** ZREM: Takes members out of a sorted set; with the last one the key goes. O(M*log(N)), N being the members of the sorted set, M those to be taken out. Since 1.2.0. */
  zrem(key: Argument, member: readonly (Argument)[] | Argument): Promise<number>;
  /** ZREMRANGEBYLEX: Takes members of a sorted set of equal scores out, in a range of members. O(log(N)+M), N being the members of the sorted set, M those taken out. Since 2.8.9. */
  zremrangebylex(key: Argument, min: Argument, max: Argument): Promise<number>;
  /** ZREMRANGEBYRANK: Takes members of a sorted set out, in a range of ranks. O(log(N)+M), N being the members of the sorted set, M those taken out. Since 2.0.0. */
  zremrangebyrank(key: Argument, start: number | bigint | string, stop: number | bigint | string): Promise<number>;
  /** ZREMRANGEBYSCORE: Takes members of a sorted set out, in a range of scores. O(log(N)+M), N being the members of the sorted set, M those taken out. Since 1.2.0. */
  zremrangebyscore(key: Argument, min: number | string, max: number | string): Promise<number>;
  /** ZREVRANGE: Lists members of a sorted set in a range of ranks, by descending scores. O(log(N)+M), N being the members of the sorted set, M those in the range. Since 1.2.0. */
  zrevrange(key: Argument, start: number | bigint | string, stop: number | bigint | string, options?: { readonly withscores?: true | undefined }): Promise<ReplyValue[]>;
  /** ZREVRANGEBYLEX: Lists members of a sorted set of equal scores in a range of members, in descending order. O(log(N)+M), N being the members of the sorted set, M those in the range. Since 2.8.9. */
  zrevrangebylex(key: Argument, max: Argument, min: Argument, options?: { readonly limit?: { readonly offset: number | bigint | string; readonly count: number | bigint | string } | undefined }): Promise<ReplyValue[]>;
  /** ZREVRANGEBYSCORE: Lists members of a sorted set in a range of scores, by descending scores. O(log(N)+M), N being the members of the sorted set, M those in the range. Since 2.2.0. */
  zrevrangebyscore(key: Argument, max: number | string, min: number | string, options?: { readonly withscores?: true | undefined; readonly limit?: { readonly offset: number | bigint | string; readonly count: number | bigint | string } | undefined }): Promise<ReplyValue[]>;
  /** ZREVRANK: Tells how many members of a sorted set come before one, by descending scores. O(log(N)), N being the members of the sorted set. Since 2.0.0. */
  zrevrank(key: Argument, member: Argument, options?: { readonly withscore?: true | undefined }): Promise<number | ReplyValue[] | null>;
  /** ZSCAN: Looks through the members of a sorted set and their scores a few at a time. O(1) for each call; O(N) for all of them, N being the members. Since 2.8.0. */
  zscan(key: Argument, cursor: number | bigint | string, options?: { readonly pattern?: Argument | undefined; readonly count?: number | bigint | string | undefined; readonly noscores?: true | undefined }): Promise<ReplyValue[]>;
  /** ZSCORE: Tells the score of a member of a sorted set. O(1) Since 1.2.0. */
  zscore(key: Argument, member: Argument): Promise<number | null>;
  /** ZUNION: Lists what several sorted sets have together. O(N)+O(M*log(M)), N being the members of all inputs, M those of the result. Since 6.2.0. */
  zunion(key: readonly (Argument)[] | Argument, options?: { readonly weight?: readonly (number | bigint | string)[] | (number | bigint | string) | undefined; readonly aggregate?: 'SUM' | 'MIN' | 'MAX' | 'COUNT' | undefined; readonly withscores?: true | undefined }): Promise<ReplyValue[]>;
  /** ZUNIONSTORE: Stores what several sorted sets have together. O(N)+O(M*log(M)), N being the members of all inputs, M those of the result. Since 2.0.0. */
  zunionstore(destination: Argument, key: readonly (Argument)[] | Argument, options?: { readonly weight?: readonly (number | bigint | string)[] | (number | bigint | string) | undefined; readonly aggregate?: 'SUM' | 'MIN' | 'MAX' | 'COUNT' | undefined }): Promise<number>;
}
