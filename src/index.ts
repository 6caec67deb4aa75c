// The library: an embedded database, and a server inside a program.

export type { Client, PushListener } from './client/client.ts';
export { type DataSnapshot, type OpenDatabase, type OpenOptions, open } from './host/open.ts';
export { ReplyError, type ReplyValue } from './protocol/reply-values.ts';
export { createServer, type EmbeddedServer, type IoredisConnector, type ServerOptions } from './server/embedded.ts';
