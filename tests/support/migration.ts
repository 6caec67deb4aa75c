// For tests of MIGRATE: clients of a server in this process, and a stand-in for the server that keys are sent to.

import { once } from 'node:events';
import { createServer as createListener, type Server as Listener, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer, type EmbeddedServer } from '../../src/server/embedded.ts';
import { encode } from './engine-harness.ts';
import { commandsIn } from './propagated.ts';

export const HOST = '127.0.0.1';

/** One connection to a server in this process. */
export class Client {
  /** Bytes that came in all. */
  received = 0;
  isEnded = false;
  private readonly stream: Duplex;
  private text = '';

  constructor(embedded: EmbeddedServer) {
    this.stream = embedded.connect();
    this.stream.on('data', (bytes: Buffer) => {
      this.text += bytes.toString('latin1');
      this.received += bytes.length;
    });
    this.stream.on('close', () => {
      this.isEnded = true;
    });
  }

  send(...args: string[]): void {
    this.stream.write(Buffer.from(encode(args), 'latin1'));
  }

  /** What has come since; waits for something to come. */
  async reply(): Promise<string> {
    while (this.text === '') await once(this.stream, 'data');
    const { text } = this;
    this.text = '';
    return text;
  }

  run(...args: string[]): Promise<string> {
    this.send(...args);
    return this.reply();
  }

  close(): void {
    this.stream.destroy();
  }
}

/** Notes what a server tells its log and its replicas. */
export function listen(embedded: EmbeddedServer): string[] {
  const stream: string[] = [];
  embedded.server.engine.propagation.attach({
    command: (database, bytes, start, end) => {
      for (const command of commandsIn(bytes, start, end)) stream.push(`${database}: ${command}`);
    },
  });
  return stream;
}

/** A server whose answers the test gives. */
export class StandIn {
  readonly port: string;
  private readonly listener: Listener;
  private socket: Socket | null = null;
  private text = '';
  connections = 0;

  private constructor(listener: Listener) {
    this.listener = listener;
    const address = listener.address();
    this.port = String(typeof address === 'object' && address !== null ? address.port : 0);
    listener.on('connection', (socket) => {
      this.connections++;
      this.socket = socket;
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        this.text += bytes.toString('latin1');
        listener.emit('more');
      });
    });
  }

  static async start(): Promise<StandIn> {
    const listener = createListener();
    listener.listen(0, HOST);
    await once(listener, 'listening');
    return new StandIn(listener);
  }

  /** The commands that came since, without payloads; waits until so many are there. */
  async commands(count: number): Promise<string[]> {
    for (;;) {
      const found = [...this.text.matchAll(/\*(\d+)\r\n\$\d+\r\n([A-Z]+)\r\n(?:\$\d+\r\n(\w+)\r\n)?/g)];
      if (found.length >= count) {
        const replaces = this.text.split('*').map((part) => part.includes('REPLACE'));
        this.text = '';
        return found.map(([, , name, first], index) => `${name} ${first}${replaces[index + 1] ? ' REPLACE' : ''}`);
      }
      await once(this.listener, 'more');
    }
  }

  answer(text: string): void {
    this.socket?.write(text);
  }

  hangUp(): void {
    this.socket?.destroy();
  }

  stop(): void {
    this.socket?.destroy();
    this.listener.close();
  }
}

export async function withStandIn(
  check: (from: Client, other: Client, standIn: StandIn, stream: string[], source: EmbeddedServer) => Promise<void>,
): Promise<void> {
  const source = await createServer({ port: null, seed: 1 });
  const standIn = await StandIn.start();
  const from = new Client(source);
  const other = new Client(source);
  try {
    await check(from, other, standIn, listen(source), source);
  } finally {
    from.close();
    other.close();
    standIn.stop();
    await source.stop();
  }
}
