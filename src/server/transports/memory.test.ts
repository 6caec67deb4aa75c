import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDuplex } from './duplex.ts';
import { type MemoryLink, MemoryTransport } from './memory.ts';
import type { Link, Receiver, TransportHost } from './transport.ts';

/** Records one end; `reply` decides what happens with the bytes. */
class End implements Receiver {
  link: Link | null = null;
  text = '';
  closedWith: string | null = null;
  writables = 0;
  reply: (text: string) => void = () => {};
  room: () => void = () => {};

  received(bytes: Uint8Array, length: number): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
    this.text += text;
    this.reply(text);
  }

  writable(): void {
    this.writables++;
    this.room();
  }

  closed(failure: string): void {
    this.closedWith = failure;
  }
}

/** A host whose transport runs by hand: nothing happens before run(). */
class Setting implements TransportHost {
  readonly ends: End[] = [];
  readonly errors: unknown[] = [];
  readonly log: string[] = [];
  readonly transport: MemoryTransport;
  #scheduled: (() => void)[] = [];
  admit = true;
  made: (end: End) => void = () => {};

  constructor() {
    this.transport = new MemoryTransport(this, (run) => this.#scheduled.push(run));
  }

  accept(link: Link): Receiver | null {
    this.log.push(`accept ${link.remoteAddress}`);
    if (!this.admit) {
      send(link, 'refused');
      return null;
    }
    const end = new End();
    end.link = link;
    this.ends.push(end);
    this.made(end);
    return end;
  }

  tickEnd(): void {
    this.log.push('tick');
  }

  fatal(error: unknown): void {
    this.errors.push(error);
  }

  acceptFailed(): void {}

  open(): { client: End; link: MemoryLink } {
    const client = new End();
    const link = this.transport.open(client);
    client.link = link;
    return { client, link };
  }

  server(): End {
    const end = this.ends.at(-1);
    assert.ok(end !== undefined);
    return end;
  }

  /** Runs what is scheduled, and what that schedules. */
  run(): void {
    for (let runs = 0; this.#scheduled.length > 0; runs++) {
      assert.ok(runs < 1000, 'it comes to rest');
      const due = this.#scheduled;
      this.#scheduled = [];
      for (const each of due) each();
    }
  }
}

function send(link: Link | null, text: string): number {
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'));
  return link?.send(bytes, 0, bytes.length) ?? -1;
}

test('nothing is delivered before its turn, then all of it, and ticks end the rounds of the server', () => {
  const setting = new Setting();
  setting.made = (end) => {
    end.reply = (text) => {
      setting.log.push(`received ${text}`);
      assert.equal(send(end.link, text.toUpperCase()), text.length);
      assert.equal(client.text, '');
    };
  };
  const { client, link } = setting.open();
  assert.equal(send(link, 'a'), 1);
  assert.equal(send(link, 'bc'), 2);
  assert.deepEqual(setting.log, []);
  setting.run();
  assert.deepEqual(setting.log, ['accept memory:1', 'received abc', 'tick']);
  assert.equal(client.text, 'ABC');
  assert.ok(link.remoteIsLocal);
  assert.equal(link.localAddress, 'memory:1');
});

test('a client that answers each reply with the next request does not grow the stack', () => {
  const setting = new Setting();
  setting.made = (end) => {
    end.reply = (text) => send(end.link, text);
  };
  const { client, link } = setting.open();
  client.reply = (text) => {
    if (client.text.length < 20_000) send(link, text);
  };
  send(link, 'x');
  setting.run();
  assert.equal(client.text.length, 20_000);
});

test('send takes what fits, and writable() tells when there is room', () => {
  const setting = new Setting();
  const { client, link } = setting.open();
  setting.run();
  client.link?.pauseReading();
  const total = 3_000_000;
  const block = 'y'.repeat(100_000);
  let sent = 0;
  const fill = (): void => {
    while (sent < total) {
      const taken = send(setting.server().link, block);
      sent += taken;
      if (taken < block.length) return;
    }
  };
  setting.server().room = fill;
  fill();
  assert.ok(sent > 0 && sent < total);
  setting.run();
  assert.equal(client.text, '');
  assert.equal(setting.server().writables, 0);
  link.resumeReading();
  setting.run();
  assert.equal(client.text.length, sent);
  assert.ok(sent >= total && setting.server().writables > 0);
});

test('an end is heard after the bytes before it', () => {
  const setting = new Setting();
  const { client, link } = setting.open();
  send(link, 'last words');
  link.close();
  setting.run();
  assert.equal(setting.server().text, 'last words');
  assert.equal(setting.server().closedWith, '');
  assert.equal(send(setting.server().link, 'x'), -1);
  assert.equal(client.closedWith, null);
});

test('a client that ended hears what was still sent to it', () => {
  const setting = new Setting();
  setting.made = (end) => {
    end.reply = () => send(end.link, 'answer');
  };
  const { client, link } = setting.open();
  send(link, 'question');
  link.end();
  assert.equal(send(link, 'more'), -1);
  setting.run();
  assert.equal(client.text, 'answer');
  assert.equal(client.closedWith, '');
});

test('a client that is refused gets what was sent to it, then the end', () => {
  const setting = new Setting();
  setting.admit = false;
  const { client, link } = setting.open();
  send(link, 'hello');
  setting.run();
  assert.equal(client.text, 'refused');
  assert.equal(client.closedWith, '');
  assert.equal(send(link, 'hello'), -1);
  assert.deepEqual(setting.log, ['accept memory:1', 'tick']);
});

test('who waits for room hears that the other side is gone', () => {
  const setting = new Setting();
  const { client, link } = setting.open();
  setting.run();
  setting.server().link?.pauseReading();
  const block = 'z'.repeat(1_000_000);
  assert.ok(send(link, block) < block.length);
  let last = 0;
  client.room = () => {
    last = send(link, block);
  };
  setting.server().link?.close();
  setting.run();
  assert.equal(last, -1);
  assert.equal(client.closedWith, '');
});

test('an exception in the server reaches fatal, and the link lives on', () => {
  const setting = new Setting();
  setting.made = (end) => {
    end.reply = (text) => {
      if (text === 'bad') throw new Error('bad receiver');
      send(end.link, text);
    };
  };
  const { client, link } = setting.open();
  send(link, 'bad');
  setting.run();
  assert.match(String(setting.errors[0]), /bad receiver/);
  send(link, 'good');
  setting.run();
  assert.equal(client.text, 'good');
});

test('close() ends every link: the server hears nothing, the clients the end', () => {
  const setting = new Setting();
  const { client } = setting.open();
  setting.run();
  setting.transport.close();
  setting.run();
  assert.equal(client.closedWith, '');
  assert.equal(setting.server().closedWith, null);
});

test('it does not connect or listen to anything outside', async () => {
  const setting = new Setting();
  await assert.rejects(setting.transport.listenTcp(), { code: 'ENOTSUP' });
  await assert.rejects(setting.transport.listenUnix(), { code: 'ENOTSUP' });
  let code = '';
  setting.transport.connect(
    { kind: 'unix', path: '/x' },
    {
      connected: () => null,
      failed(error) {
        code = error.code;
      },
    },
  );
  setting.run();
  assert.equal(code, 'ENOTSUP');
});

/** An echo server that schedules itself. */
function echo(): MemoryTransport {
  return new MemoryTransport({
    accept(link) {
      let unsent = '';
      const flush = (): void => {
        const taken = send(link, unsent);
        if (taken > 0) unsent = unsent.slice(taken);
      };
      return {
        received(bytes, length) {
          unsent += Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
          flush();
        },
        writable: flush,
        closed() {},
      };
    },
    tickEnd() {},
    fatal(error) {
      throw error;
    },
    acceptFailed() {},
  });
}

test('timers have their turn while a client talks without a pause', async () => {
  const duplex = openDuplex(echo());
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 1);
  let rounds = 0;
  while (!fired) {
    duplex.write('x');
    await new Promise((resolve) => duplex.once('data', resolve));
    rounds++;
  }
  assert.ok(rounds > 0);
  duplex.destroy();
});

test('a duplex carries megabytes with back-pressure, and ends as a socket does', async () => {
  const duplex = openDuplex(echo());
  const sent = Buffer.alloc(5_000_000);
  for (let i = 0; i < sent.length; i++) sent[i] = (i * 7 + (i >> 10)) & 255;
  const events: string[] = [];
  duplex.on('end', () => events.push('end'));
  duplex.on('close', () => events.push('close'));
  duplex.write(sent);
  const back: Buffer[] = [];
  let length = 0;
  for await (const chunk of duplex) {
    const bytes: Buffer = chunk;
    back.push(bytes);
    length += bytes.length;
    if (length === sent.length) duplex.end();
  }
  assert.ok(Buffer.concat(back).equals(sent));
  assert.deepEqual(events, ['end', 'close']);
});

test('a duplex whose server closes the link ends', async () => {
  const transport = echo();
  const duplex = openDuplex(transport);
  duplex.write('x');
  await new Promise((resolve) => duplex.once('data', resolve));
  transport.close();
  duplex.resume();
  await new Promise((resolve) => duplex.once('close', resolve));
  assert.ok(duplex.destroyed);
});
