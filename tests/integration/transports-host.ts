// What the tests of the transports share: a host that records what it is told, and a client on node:net.

import assert from 'node:assert/strict';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeTransport } from '../../src/server/transports/native.ts';
import { NodeTransport } from '../../src/server/transports/node-net.ts';
import {
  type Link,
  type Listening,
  type Receiver,
  TRANSPORT_DEFAULTS,
  type Transport,
  type TransportHost,
  type TransportOptions,
} from '../../src/server/transports/transport.ts';

const PATIENCE_MS = 5000;

/** Records the calls of one link; `reply` decides what happens with the bytes. */
export class TestReceiver implements Receiver {
  readonly link: Link;
  readonly host: TestHost;
  text = '';
  receivedBytes = 0;
  writables = 0;
  /** Null while the link lives. */
  closedWith: string | null = null;

  constructor(link: Link, host: TestHost) {
    this.link = link;
    this.host = host;
  }

  received(bytes: Uint8Array, length: number): void {
    this.receivedBytes += length;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
    if (this.text.length < 1_000_000) this.text += text;
    this.host.reply(this, text);
  }

  writable(): void {
    this.writables++;
    this.host.room(this);
  }

  closed(failure: string): void {
    this.closedWith = failure;
  }
}

export class TestHost implements TransportHost {
  readonly receivers: TestReceiver[] = [];
  readonly errors: unknown[] = [];
  readonly acceptFailures: string[] = [];
  ticks = 0;
  /** What to do with text that arrived; echoes at first. */
  reply: (receiver: TestReceiver, text: string) => void = (receiver, text) => send(receiver.link, text);
  /** What to do when there is room to send again. */
  room: (receiver: TestReceiver) => void = () => {};
  admit: (link: Link) => boolean = () => true;
  tickEnd: () => void = () => {
    this.ticks++;
  };

  accept(link: Link): Receiver | null {
    if (!this.admit(link)) return null;
    const receiver = new TestReceiver(link, this);
    this.receivers.push(receiver);
    return receiver;
  }

  fatal(error: unknown): void {
    this.errors.push(error);
  }

  acceptFailed(failure: string): void {
    this.acceptFailures.push(failure);
  }

  /** The receiver of the link that was accepted last. */
  last(): TestReceiver {
    const receiver = this.receivers.at(-1);
    if (receiver === undefined) throw new Error('nothing was accepted yet');
    return receiver;
  }
}

export type SocketTransportName = 'native' | 'node';

export function openTransport(
  name: SocketTransportName,
  host: TransportHost,
  options: Partial<TransportOptions> = {},
): Transport {
  const all = { ...TRANSPORT_DEFAULTS, acceptsPerTickMax: 1000, ...options };
  return name === 'native' ? new NativeTransport(host, all) : new NodeTransport(host, all);
}

/** The transports that work here, beside why the native one does not. */
export function socketTransports(): { names: SocketTransportName[]; whyNotNative: string } {
  try {
    new NativeTransport(new TestHost(), TRANSPORT_DEFAULTS).close();
    return { names: ['native', 'node'], whyNotNative: '' };
  } catch (error) {
    return { names: ['node'], whyNotNative: String(error) };
  }
}

export function send(link: Link, text: string): number {
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'));
  return link.send(bytes, 0, bytes.length);
}

/** A client that keeps what it receives. */
export class TestClient {
  readonly socket: Socket;
  text = '';
  receivedBytes = 0;
  ended = false;
  error = '';
  closed = false;

  constructor(options: NetConnectOpts) {
    this.socket = connect(options);
    this.socket.on('data', (bytes: Buffer) => {
      this.receivedBytes += bytes.length;
      if (this.text.length < 1_000_000) this.text += bytes.toString('latin1');
    });
    this.socket.on('end', () => {
      this.ended = true;
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  static async open(options: NetConnectOpts): Promise<TestClient> {
    const client = new TestClient(options);
    await until('the client is connected', () => !client.socket.connecting);
    return client;
  }
}

/** Waits until `holds`, which is expected within a moment. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`this did not become true: ${what}`);
    await sleep(1);
  }
}

/** What a test is given. */
export interface Setting {
  readonly host: TestHost;
  readonly transport: Transport;
  readonly listening: Listening;
  readonly name: SocketTransportName;
  client(): Promise<TestClient>;
}

/** Makes a test of `body` against each transport, with a listening socket on a port that was free. */
export function onEach(title: string, body: (setting: Setting) => Promise<void>): void {
  for (const name of socketTransports().names) {
    test(`${name}: ${title}`, async () => {
      const host = new TestHost();
      const transport = openTransport(name, host);
      const clients: TestClient[] = [];
      try {
        const listening = await transport.listenTcp('127.0.0.1', 0, 511);
        const client = async (): Promise<TestClient> => {
          const opened = await TestClient.open({ port: listening.port, host: '127.0.0.1' });
          clients.push(opened);
          return opened;
        };
        await body({ host, transport, listening, name, client });
        assert.deepEqual(host.errors, []);
      } finally {
        for (const each of clients) each.socket.destroy();
        transport.close();
      }
    });
  }
}
