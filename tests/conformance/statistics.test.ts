// What INFO counts, beside redis-server: calls, refusals and failures of each command, errors by code, and which commands
// have durations at all. The same requests go to both.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createServer, type EmbeddedServer } from '../../src/server/embedded.ts';
import { encode } from '../support/engine-harness.ts';
import { RawConnection, type ServerProcess, SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';
import { bulkOf, frameEnd } from './reply-frames.ts';

/** Requests of one connection. */
const SCENARIOS: Readonly<Record<string, readonly string[]>> = {
  'calls, and failures of their own': ['SET a 1', 'GET a', 'LPUSH a 1', 'INCR a', 'SET a x', 'INCR a', 'SET a 1 foo'],
  'refusals before a command runs': ['GET', 'SET a', 'NOSUCH x', 'CONFIG', 'CONFIG NOSUCH', 'CONFIG GET', 'CLIENT NO'],
  'what is queued, and what fails inside EXEC': ['MULTI', 'SET b 1', 'LPUSH b 1', 'GET b', 'EXEC', 'EXEC', 'DISCARD'],
  'a transaction that was broken, or discarded': [
    'MULTI',
    'GET',
    'EXEC',
    'MULTI',
    'GET a',
    'DISCARD',
    'MULTI',
    'MULTI',
  ],
  'a watched key that changed': ['WATCH a', 'SET a 2', 'MULTI', 'GET a', 'EXEC'],
  'containers and their HELP': [
    'OBJECT HELP',
    'OBJECT ENCODING nokey',
    'XGROUP CREATE s g',
    'MEMORY USAGE a',
    'SLOWLOG LEN',
  ],
  'errors with codes of their own': ['AUTH x', 'AUTH a b', 'HELLO 9', 'XADD s 1-1 a b', 'XADD s 1-1 a b', 'SELECT 99'],
  'the errors of slow log and latency': ['SLOWLOG GET -5', 'SLOWLOG GET 1 2', 'LATENCY GRAPH q', 'LATENCY DOCTOR x'],
  'waiting that ends by itself': ['BLPOP none 0.01', 'XREAD BLOCK 10 STREAMS none $', 'WAIT 0 0', 'BZPOPMIN none 0.01'],
  'not waiting where there is something': ['RPUSH l a b', 'BLPOP l 0', 'BRPOPLPUSH l m 0', 'BLMOVE m l LEFT LEFT 0'],
  'settings that are refused': ['CONFIG SET maxmemory x', 'CONFIG SET nosuch 1', 'CONFIG SET port'],
  'memory that is used up': [
    'CONFIG SET maxmemory 1',
    'SET z 1',
    'MULTI',
    'SET z 1',
    'EXEC',
    'GET z',
    'CONFIG SET maxmemory 0',
  ],
};

type Ask = (...words: string[]) => Promise<string>;

function askerOf(connection: RawConnection): Ask {
  return (...words) => {
    connection.write(encode(words));
    return connection.read((text) => frameEnd(text, 0) === text.length);
  };
}

/** INFO's counts of commands and errors, without times, in order; and the commands that have durations. */
async function countsOf(ask: Ask): Promise<string[]> {
  const info = `${bulkOf(await ask('INFO', 'commandstats'))}${bulkOf(await ask('INFO', 'errorstats'))}`;
  const durations = bulkOf(await ask('INFO', 'latencystats'));
  const errors = /^total_error_replies:.*/m.exec(bulkOf(await ask('INFO', 'stats')) ?? '')![0];
  const lines = `${info}${durations?.replace(/=[^\r]*/g, '')}${errors}`.split('\r\n');
  return lines
    .map((line) => line.replace(/usec=.*?,usec_per_call=.*?,/, ''))
    .filter((line) => line !== '')
    .sort();
}

async function run(ask: Ask, requests: readonly string[]): Promise<string[]> {
  await ask('FLUSHALL');
  await ask('CONFIG', 'RESETSTAT');
  for (const request of requests) await ask(...request.split(' '));
  await ask('DISCARD');
  return countsOf(ask);
}

describe('INFO counts what redis-server counts', { skip: SKIP_WITHOUT_REDIS }, () => {
  let theirs: ServerProcess;
  let ours: EmbeddedServer;
  let ourPort: RawConnection;
  let theirPort: RawConnection;
  before(async () => {
    theirs = await startRedis([]);
    ours = await createServer();
    ourPort = await RawConnection.open(ours.port);
    theirPort = await RawConnection.open(theirs.port);
  });
  after(async () => {
    ourPort.close();
    theirPort.close();
    await ours.stop();
    await theirs.stop();
  });

  for (const [name, requests] of Object.entries(SCENARIOS)) {
    it(name, async () => {
      assert.deepEqual(await run(askerOf(ourPort), requests), await run(askerOf(theirPort), requests));
    });
  }

  it('a client that waits, and is served', async () => {
    const serve = async (port: number, connection: RawConnection): Promise<string[]> => {
      const ask = askerOf(connection);
      await ask('FLUSHALL');
      await ask('CONFIG', 'RESETSTAT');
      const waiter = await RawConnection.open(port);
      waiter.write(encode(['BLPOP', 'queue', '0']));
      while (!(await ask('INFO', 'clients')).includes('blocked_clients:1'));
      await ask('RPUSH', 'queue', 'a');
      await waiter.read((text) => text.endsWith('a\r\n'));
      waiter.close();
      // How often the loop above asked is each server's own.
      return (await countsOf(ask)).filter((line) => !/cmdstat_info/.test(line));
    };
    assert.deepEqual(await serve(ours.port, ourPort), await serve(theirs.port, theirPort));
  });
});
