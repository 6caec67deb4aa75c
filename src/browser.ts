// The library where there is no Node: an embedded database, without sockets.

export type { Client, PushListener } from './client/client.ts';
export { type DataSnapshot, type OpenDatabase, type OpenOptions, open } from './host/open.ts';
export { ReplyError, type ReplyValue } from './protocol/reply-values.ts';
