// What transport.ts promises of links, of each transport that has sockets. Listening and connecting:
// transports-listening.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Link } from '../../src/server/transports/transport.ts';
import { onEach, send, socketTransports, TestClient, type TestReceiver, until } from './transports-host.ts';

const { whyNotNative } = socketTransports();

test('the native transport works on Linux, x64 and arm64, with Node 26', () => {
  const [major = 0] = process.versions.node.split('.').map(Number);
  const isNode = process.versions['bun'] === undefined && major >= 26;
  const expected = isNode && process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
  assert.equal(whyNotNative === '', expected, whyNotNative);
});

onEach('bytes arrive, a tick ends after them, and the link knows both addresses', async ({ host, client }) => {
  const { socket } = await client();
  socket.write('hello');
  await until('the text arrives', () => host.receivers[0]?.text === 'hello' && host.ticks > 0);
  const { link } = host.last();
  assert.ok(link.descriptor > 0);
  assert.ok(link.remoteIsLocal);
  assert.equal(link.remoteAddress, `127.0.0.1:${socket.localPort}`);
  assert.equal(link.localAddress, `127.0.0.1:${socket.remotePort}`);
});

onEach('what is echoed arrives', async ({ client }) => {
  const one = await client();
  const two = await client();
  one.socket.write('first ');
  two.socket.write('second');
  await until('both have their answers', () => one.text === 'first ' && two.text === 'second');
  one.socket.write('third');
  await until('the third arrives', () => one.text === 'first third');
});

onEach('a receiver sends a part of an array', async ({ host, client }) => {
  host.reply = (receiver) => {
    const bytes = new Uint8Array(Buffer.from('0123456789'));
    assert.equal(receiver.link.send(bytes, 3, 3), 0);
    assert.equal(receiver.link.send(bytes, 2, 5), 3);
    bytes.fill(0);
    assert.equal(receiver.link.send(new Uint8Array(Buffer.from('abc')), 1, 3), 2);
  };
  const one = await client();
  one.socket.write('x');
  await until('the parts arrive', () => one.text === '234bc');
});

onEach('sending beyond the array is refused', async ({ host, client }) => {
  await client();
  await until('it is accepted', () => host.receivers.length === 1);
  assert.throws(() => host.last().link.send(new Uint8Array(4), 2, 5), /lies inside its array/);
});

onEach('megabytes arrive whole, both ways', async ({ host, client }) => {
  const size = 8 * 1024 * 1024;
  const sent = Buffer.alloc(size);
  for (let i = 0; i < size; i++) sent[i] = (i * 31 + (i >> 8)) & 255;
  const back: Buffer[] = [];
  let unsent: Buffer[] = [];
  const flush = (link: Link): void => {
    while (unsent.length > 0) {
      const first = unsent[0] ?? Buffer.alloc(0);
      const taken = link.send(first, 0, first.length);
      assert.ok(taken >= 0);
      if (taken < first.length) {
        unsent[0] = first.subarray(taken);
        return;
      }
      unsent = unsent.slice(1);
    }
  };
  host.reply = (receiver, text) => {
    unsent.push(Buffer.from(text, 'latin1'));
    flush(receiver.link);
  };
  host.room = (receiver) => flush(receiver.link);
  const one = await client();
  one.socket.on('data', (bytes: Buffer) => back.push(bytes));
  one.socket.write(sent);
  await until('all came back', () => one.receivedBytes === size);
  assert.ok(Buffer.concat(back).equals(sent));
});

onEach(
  'a reader that does not read gets its bytes later, and the sender hears of it',
  async ({ host, client, name }) => {
    const chunk = new Uint8Array(1024 * 1024).fill(65);
    let total = 0;
    let rest = 32 * 1024 * 1024;
    const flush = (receiver: TestReceiver): void => {
      while (rest > 0 && receiver.link.pendingBytes === 0) {
        const wanted = Math.min(rest, chunk.length);
        const taken = receiver.link.send(chunk, 0, wanted);
        total += taken;
        rest -= taken;
        if (taken < wanted) return;
      }
    };
    host.reply = flush;
    host.room = flush;
    const one = await client();
    one.socket.pause();
    one.socket.write('go');
    await until('the sender has to wait', () => host.receivers[0] !== undefined && total > 0 && rest > 0);
    const waiting = rest;
    assert.equal(host.last().writables, 0);
    if (name === 'node') assert.ok(host.last().link.pendingBytes > 0);
    else assert.equal(host.last().link.pendingBytes, 0);
    one.socket.resume();
    await until('all arrived', () => one.receivedBytes === 32 * 1024 * 1024);
    assert.ok(waiting > 0 && rest === 0 && host.last().writables > 0);
    assert.equal(host.last().link.pendingBytes, 0);
  },
);

onEach('nothing is received while reading is paused', async ({ host, client }) => {
  host.reply = (receiver) => receiver.link.pauseReading();
  const one = await client();
  one.socket.write('first');
  await until('the first arrives', () => host.receivers[0]?.text === 'first');
  one.socket.write('second');
  const other = await client();
  other.socket.write('other');
  await until('another client is served meanwhile', () => host.receivers[1]?.text === 'other');
  assert.equal(host.receivers[0]?.text, 'first');
  host.receivers[0]?.link.resumeReading();
  await until('the second arrives', () => host.receivers[0]?.text === 'firstsecond');
});

onEach('what was sent before an orderly end is not lost while reading is paused', async ({ host, client }) => {
  host.reply = (receiver) => receiver.link.pauseReading();
  const one = await client();
  one.socket.write('first');
  await until('the first arrives', () => host.receivers[0]?.text === 'first');
  one.socket.end('last words');
  await until('the client has ended', () => one.socket.writableFinished);
  host.reply = () => {};
  const receiver = host.last();
  assert.equal(receiver.closedWith, null);
  receiver.link.resumeReading();
  await until('the end is heard', () => receiver.closedWith !== null);
  assert.equal(receiver.text, 'firstlast words');
  assert.equal(receiver.closedWith, '');
});

onEach(
  'a link that is closed inside received() gets nothing more, and the client sees the end',
  async ({ host, client }) => {
    host.reply = (receiver) => {
      send(receiver.link, 'bye');
      receiver.link.close();
      receiver.link.close();
      assert.equal(send(receiver.link, 'too late'), -1);
    };
    const one = await client();
    one.socket.write('x');
    await until('the client is closed', () => one.closed);
    assert.equal(one.text, 'bye');
    assert.equal(host.last().closedWith, null);
  },
);

onEach('a link may close another that is ready in the same tick', async ({ host, client }) => {
  const all = await Promise.all([client(), client(), client(), client()]);
  await until('all are accepted', () => host.receivers.length === 4);
  host.reply = (receiver) => {
    for (const other of host.receivers) if (other !== receiver) other.link.close();
    send(receiver.link, 'only me');
  };
  for (const each of all) each.socket.write('x');
  await until('three are closed', () => all.filter((each) => each.ended || each.error !== '').length === 3);
  await until('one is served', () => all.filter((each) => each.text === 'only me').length === 1);
  assert.equal(host.receivers.filter((receiver) => receiver.text === 'x').length, 1);
});

onEach('an orderly end of the peer is told as such, once', async ({ host, client }) => {
  const one = await client();
  one.socket.write('x');
  await until('it is served', () => one.text === 'x');
  const ticks = host.ticks;
  one.socket.end();
  await until('the end is heard', () => host.last().closedWith !== null);
  assert.equal(host.last().closedWith, '');
  await until('a tick ends after it', () => host.ticks > ticks);
  assert.equal(send(host.last().link, 'x'), -1);
  await until('the client is closed', () => one.closed);
});

onEach('bytes and the end in one packet are both heard, and the answer goes out', async ({ host, client }) => {
  const one = await client();
  one.socket.end('PING');
  await until('the end is heard', () => host.receivers[0]?.closedWith === '');
  assert.equal(host.last().text, 'PING');
  await until('the client is closed', () => one.closed);
  assert.equal(one.text, 'PING');
});

onEach('a reset by the peer is told with its reason', async ({ host, client }) => {
  const one = await client();
  await until('it is accepted', () => host.receivers.length === 1);
  const address = host.last().link.remoteAddress;
  one.socket.resetAndDestroy();
  await until('the reset is heard', () => host.last().closedWith !== null);
  assert.equal(host.last().closedWith, 'Connection reset by peer');
  assert.equal(host.last().link.remoteAddress, address);
});

onEach('sending to a peer that is gone says so', async ({ host, client }) => {
  const one = await client();
  await until('it is accepted', () => host.receivers.length === 1);
  const { link } = host.last();
  link.pauseReading();
  one.socket.resetAndDestroy();
  const bytes = new Uint8Array(64 * 1024);
  await until('the link is broken', () => host.last().closedWith !== null || link.send(bytes, 0, bytes.length) === -1);
  link.close();
});

onEach('a client that is refused gets what was sent to it, then the end', async ({ host, client }) => {
  host.admit = (link) => {
    send(link, '-ERR max number of clients reached\r\n');
    return false;
  };
  const one = await client();
  await until('the client is closed', () => one.closed);
  assert.equal(one.text, '-ERR max number of clients reached\r\n');
  assert.equal(host.receivers.length, 0);
});

onEach('a thousand clients are served at once', async ({ host, listening }) => {
  const all = Array.from({ length: 1000 }, () => new TestClient({ port: listening.port, host: '127.0.0.1' }));
  try {
    await until('all are accepted', () => host.receivers.length === 1000);
    for (const [i, each] of all.entries()) each.socket.write(`${i}`);
    await until('all have their answer', () => all.every((each, i) => each.text === `${i}`));
    assert.ok(host.ticks < 4000);
  } finally {
    for (const each of all) each.socket.destroy();
  }
  await until('all ends are heard', () => host.receivers.every((receiver) => receiver.closedWith !== null));
});

onEach(
  'an exception in a receiver reaches fatal, later, and the link and the others live on',
  async ({ host, client }) => {
    host.reply = (receiver, text) => {
      if (text === 'bad') throw new Error('bad receiver');
      send(receiver.link, text);
    };
    const one = await client();
    const two = await client();
    one.socket.write('bad');
    await until('fatal is told', () => host.errors.length === 1);
    assert.match(String(host.errors.pop()), /bad receiver/);
    one.socket.write('good');
    two.socket.write('fine');
    await until('both are served', () => one.text === 'good' && two.text === 'fine');
  },
);

onEach('an exception in accept or tickEnd reaches fatal too', async ({ host, client }) => {
  host.admit = () => {
    throw new Error('bad accept');
  };
  const one = await client();
  await until('the client is closed', () => one.closed);
  await until('fatal is told', () => host.errors.length > 0);
  assert.match(String(host.errors.pop()), /bad accept/);
  host.admit = () => true;
  const { tickEnd } = host;
  host.tickEnd = () => {
    throw new Error('bad tick');
  };
  const two = await client();
  two.socket.write('x');
  await until('fatal is told', () => host.errors.length > 0);
  host.tickEnd = tickEnd;
  assert.match(String(host.errors[0]), /bad tick/);
  host.errors.length = 0;
  two.socket.write('y');
  await until('the client is served', () => two.text === 'xy');
  host.errors.length = 0;
});

onEach(
  'work handed to soon() runs outside of the entry, and promises settle there',
  async ({ host, transport, client }) => {
    const order: string[] = [];
    host.reply = (receiver, text) => {
      transport.soon(async () => {
        await Promise.resolve();
        order.push('settled');
        send(receiver.link, text);
      });
      order.push('received');
    };
    const one = await client();
    one.socket.write('x');
    await until('the answer arrives', () => one.text === 'x');
    assert.deepEqual(order, ['received', 'settled']);
  },
);

onEach(
  'close() ends listening sockets and links without calling back',
  async ({ host, transport, listening, client }) => {
    const one = await client();
    await until('it is accepted', () => host.receivers.length === 1);
    transport.close();
    transport.close();
    await until('the client is closed', () => one.closed);
    assert.equal(host.last().closedWith, null);
    const two = new TestClient({ port: listening.port, host: '127.0.0.1' });
    await until('nobody listens any more', () => two.error === 'ECONNREFUSED');
  },
);

onEach('close() inside received() is harmless', async ({ host, transport, client }) => {
  const all = await Promise.all([client(), client()]);
  await until('both are accepted', () => host.receivers.length === 2);
  host.reply = () => transport.close();
  for (const each of all) each.socket.write('x');
  await until('both are closed', () => all.every((each) => each.closed));
});
