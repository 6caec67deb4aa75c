// The HTTP server beside the real one, over real sockets.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { encode } from '../../../tests/support/engine-harness.ts';
import { freePort } from '../../../tests/support/redis-server.ts';
import { createServer, type EmbeddedServer } from '../embedded.ts';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

async function withMetrics(check: (port: number, embedded: EmbeddedServer) => Promise<void>): Promise<void> {
  const port = await freePort();
  const embedded = await createServer({ port: null, config: { 'metrics-port': port }, seed: 1 });
  try {
    await check(port, embedded);
  } finally {
    await embedded.stop();
  }
}

function ask(port: number, path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const request = httpRequest({ port, path, agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text }),
      );
    });
    request.on('error', reject);
    request.end();
  });
}

async function run(embedded: EmbeddedServer, ...commands: readonly string[][]): Promise<void> {
  const stream = embedded.connect();
  for (const command of commands) {
    stream.write(Buffer.from(encode(command), 'latin1'));
    await once(stream, 'data');
  }
  stream.destroy();
}

test('/metrics tells what INFO tells, under the names of redis_exporter', () =>
  withMetrics(async (port, embedded) => {
    await run(embedded, ['SET', 'a', '1', 'EX', '100'], ['GET', 'a'], ['GET', 'b'], ['LPUSH', 'a', '1'], ['GET']);
    const { status, type, text } = await ask(port, '/metrics');
    assert.equal(status, 200);
    assert.equal(type, 'text/plain; version=0.0.4; charset=utf-8');
    for (const line of [
      'redis_up 1',
      'redis_connected_clients 0',
      'redis_db_keys{db="db0"} 1',
      'redis_db_keys_expiring{db="db0"} 1',
      'redis_db_keys{db="db15"} 0',
      'redis_keyspace_hits_total 1',
      'redis_keyspace_misses_total 1',
      'redis_commands_total{cmd="get"} 2',
      'redis_commands_rejected_calls_total{cmd="get"} 1',
      'redis_commands_failed_calls_total{cmd="lpush"} 1',
      'redis_errors_total{err="WRONGTYPE"} 1',
      'redis_commands_latencies_usec_count{cmd="get"} 2',
      'redis_commands_latencies_usec_bucket{cmd="get",le="+Inf"} 2',
      'redis_slowlog_length 0',
      'redis_rdb_last_bgsave_status 1',
      'redis_commandlog_request_larger_than 1048576',
    ]) {
      assert.ok(text.includes(`\n${line}\n`), line);
    }
    assert.match(text, /\nredis_instance_info\{role="master",redis_version="7\.4\.1",[^}]*\} 1\n/);
    assert.match(text, /\nredis_memory_used_bytes [1-9]\d*\n/);
    assert.match(text, /\nredis_latency_percentiles_usec\{cmd="get",quantile="99\.9"\} \d/);
  }));

test('every line is a comment, or a name with labels and a number; every metric has one type', () =>
  withMetrics(async (port, embedded) => {
    await run(embedded, ['SET', 'a', '1'], ['"}\\x'], ['CONFIG', 'GET', '*']);
    const lines = (await ask(port, '/metrics')).text.split('\n');
    assert.equal(lines.pop(), '');
    const types = new Set<string>();
    for (const line of lines) {
      const comment = /^# TYPE (\w+) (?:gauge|counter|summary|histogram)$/.exec(line);
      if (comment === null)
        assert.match(line, /^redis_\w+(\{\w+="([^"\\\n]|\\.)*"(,\w+="([^"\\\n]|\\.)*")*\})? [-+.\w]+$/);
      else {
        assert.ok(!types.has(comment[1]!), line);
        types.add(comment[1]!);
      }
    }
  }));

test('/healthz is well while clients are served', () =>
  withMetrics(async (port) => {
    assert.deepEqual(await ask(port, '/healthz?verbose'), {
      status: 200,
      type: 'text/plain; charset=utf-8',
      text: 'ok\n',
    });
    const head = await ask(port, '/healthz', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
  }));

test('nothing else is answered', () =>
  withMetrics(async (port) => {
    assert.equal((await ask(port, '/')).status, 404);
    assert.equal((await ask(port, '/metrics/../etc/passwd')).status, 404);
    assert.equal((await ask(port, '/metrics', { method: 'POST' })).status, 405);
    assert.equal((await ask(port, '/metrics', { method: 'DELETE' })).status, 405);
    assert.equal((await ask(port, '/metrics', { headers: { host: 'rebound.example' } })).status, 403);
    assert.equal((await ask(port, '/metrics', { headers: { host: `localhost:${port}` } })).status, 200);
    await assert.rejects(ask(port, '/metrics', { headers: { 'x-long': 'x'.repeat(5000) } }));
  }));

test('connections are bounded, and what is no HTTP ends its own only', () =>
  withMetrics(async (port) => {
    const sockets = Array.from({ length: 60 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    const refused = sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve)));
    await Promise.race(refused);
    for (const socket of sockets) socket.write('*1\r\n$4\r\nPING\r\n');
    await Promise.all(refused);
    assert.equal((await ask(port, '/healthz')).status, 200);
  }));

test('a port that is taken is said so, and without one nothing listens', async () => {
  const taken = createTcpServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  await assert.rejects(createServer({ port: null, config: { 'metrics-port': port } }), /Failed opening metrics-port/);
  taken.close();
});

test('CONFIG SET moves it, and leaves it where it is when the new place cannot be had', () =>
  withMetrics(async (port, embedded) => {
    const stream = embedded.connect();
    const set = async (...pairs: string[]): Promise<string> => {
      stream.write(Buffer.from(encode(['CONFIG', 'SET', ...pairs]), 'latin1'));
      const [bytes] = (await once(stream, 'data')) as [Buffer];
      return bytes.toString('latin1');
    };
    const isThere = async (where: number): Promise<boolean> =>
      ask(where, '/healthz').then(
        ({ status }) => status === 200,
        () => false,
      );
    const other = await freePort();
    assert.equal(await set('metrics-port', `${other}`), '+OK\r\n');
    assert.deepEqual([await isThere(port), await isThere(other)], [false, true]);
    assert.equal(await set('metrics-bind', '0.0.0.0'), '+OK\r\n');
    assert.equal(await isThere(other), true);
    const taken = createTcpServer().listen(0, '0.0.0.0');
    await once(taken, 'listening');
    const address = taken.address() as { port: number };
    assert.match(
      await set('metrics-port', `${address.port}`),
      /^-ERR CONFIG SET failed .*metrics-port.* Unable to listen/,
    );
    taken.close();
    assert.equal(await isThere(other), true);
    assert.equal(await set('metrics-port', '0'), '+OK\r\n');
    assert.equal(await isThere(other), false);
    stream.destroy();
  }));
