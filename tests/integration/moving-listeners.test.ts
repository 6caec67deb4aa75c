// A server that listens elsewhere while it runs: CONFIG SET of bind and port, alone and inside a transaction, as
// redis-server 7.0.15 does it.

import assert from 'node:assert/strict';
import { createServer as createListener, type Server } from 'node:net';
import { test } from 'node:test';
import { createServer } from '../../src/server/embedded.ts';
import { canBind } from '../../src/server/transports/node-socket.ts';
import { encode } from '../support/engine-harness.ts';
import { freePort, RawConnection, SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';

const END = 'the-end';

/** Sends commands, and gives all that came back. */
async function exchange(port: number, commands: readonly (readonly string[])[]): Promise<string> {
  const connection = await RawConnection.open(port);
  connection.write([...commands, ['ECHO', END]].map(encode).join(''));
  const text = await connection.read((arrived) => arrived.endsWith(`${END}\r\n`));
  connection.close();
  return text;
}

/** A port that somebody else listens on. */
async function occupy(): Promise<{ port: number; holder: Server }> {
  const port = await freePort();
  const holder = createListener();
  await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
  return { port, holder };
}

/** Moves a server about; what it answered, ports by their role, and where it was reached in between. */
async function move(first: number): Promise<string[]> {
  const second = await freePort();
  const { port: taken, holder } = await occupy();
  const told: string[] = [];
  const roles: readonly [number, string][] = [
    [first, 'FIRST'],
    [second, 'SECOND'],
    [taken, 'TAKEN'],
  ];
  const note = (text: string): void => {
    let named = text;
    for (const [port, role] of roles) named = named.replaceAll(`$${String(port).length}\r\n${port}`, role);
    told.push(named);
  };
  const isReached = (port: number): Promise<boolean> =>
    exchange(port, []).then(
      () => true,
      () => false,
    );
  const set = (...pairs: string[]): string[] => ['CONFIG', 'SET', ...pairs];
  const ask = (...names: string[]): string[] => ['CONFIG', 'GET', ...names];
  try {
    note(
      await exchange(first, [['MULTI'], set('port', `${second}`), ['SET', 'a', '1'], ask('port'), ['EXEC'], ['PING']]),
    );
    note(`${await isReached(first)} ${await isReached(second)}`);
    // The old addresses are listened on again after a refusal, and the transaction goes on.
    const refusals = [
      set('port', `${taken}`),
      set('bind', '192.0.2.1'),
      set('port', '99999'),
      ask('bind'),
      ask('port'),
    ];
    note(await exchange(second, [['MULTI'], ...refusals, ['GET', 'a'], ['EXEC']]));
    note(await exchange(second, refusals));
    note(`${await isReached(first)} ${await isReached(second)}`);
    // Several changes in one transaction; an address that may be missing; none at all.
    const changes = [
      set('bind', '127.0.0.1 -192.0.2.1', 'hz', '20'),
      set('port', `${first}`),
      ask('bind'),
      ask('port'),
    ];
    note(await exchange(second, [['MULTI'], ...changes, ['EXEC'], ['PING']]));
    note(`${await isReached(first)} ${await isReached(second)}`);
    note(await exchange(first, [['MULTI'], set('port', '0'), set('port', `${second}`), set('bind', '*'), ['EXEC']]));
    note(`${await isReached(first)} ${await isReached(second)}`);
    return told;
  } finally {
    holder.close();
  }
}

const TRANSPORTS = canBind() ? ['native', 'node'] : ['native'];

for (const transport of TRANSPORTS) {
  test(`bind and port change as in redis-server, also inside MULTI (${transport})`, {
    skip: SKIP_WITHOUT_REDIS,
  }, async () => {
    const redis = await startRedis(['--bind', '127.0.0.1']);
    const ours = await createServer({ port: await freePort(), config: { transport, loglevel: 'nothing' } });
    try {
      const expected = await move(redis.port);
      assert.equal(expected[1], 'false true');
      assert.deepEqual(await move(ours.port), expected);
    } finally {
      await ours.stop();
      await redis.stop();
    }
  });
}

test('a name that must be looked up is refused inside a transaction, and may be set outside of it', async () => {
  const ours = await createServer({ config: { loglevel: 'nothing' } });
  try {
    const bindToName = ['CONFIG', 'SET', 'bind', 'localhost'];
    const inside = await exchange(ours.port, [['MULTI'], bindToName, ['CONFIG', 'GET', 'bind'], ['EXEC']]);
    assert.match(inside, /QUEUED\r\n\*2\r\n-ERR CONFIG SET of host names to bind,.*\r\n.*\r\n.*\r\nbind\r\n.*\r\n127/);
    assert.match(await exchange(ours.port, [bindToName, ['CONFIG', 'GET', 'bind']]), /^\+OK\r\n.*localhost\r\n/s);
  } finally {
    await ours.stop();
  }
});
