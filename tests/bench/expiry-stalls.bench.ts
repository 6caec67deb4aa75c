// A million keys that expire at one moment: how long until they are gone, and how long does a PING wait meanwhile?
//
//   npm run bench -- tests/bench/expiry-stalls.bench.ts

import { join } from 'node:path';
import { RawConnection, ServerProcess } from '../support/redis-server.ts';

const KEYS = 1_000_000;
const BATCH = 1000;

async function ask(connection: RawConnection, request: string): Promise<string> {
  connection.write(request);
  return connection.read((text) => text.endsWith('\r\n'));
}

async function measure(name: string, command: string): Promise<void> {
  const server = await ServerProcess.start(command);
  try {
    const connection = await RawConnection.open(server.port);
    const deadline = Date.now() + 15_000;
    for (let index = 0; index < KEYS; index += BATCH) {
      let text = '';
      for (let each = index; each < index + BATCH; each++) text += `SET key:${each} value PXAT ${deadline}\r\n`;
      connection.write(text);
      let answered = 0;
      while (answered < BATCH * 5) answered += (await connection.read((answer) => answer.length > 0)).length;
    }
    while (Date.now() < deadline - 20) await new Promise((resolve) => setTimeout(resolve, 5));
    const waits: number[] = [];
    let left = KEYS;
    while (left > 0 && Date.now() < deadline + 30_000) {
      const start = performance.now();
      left = Number((await ask(connection, 'DBSIZE\r\n')).slice(1));
      waits.push(performance.now() - start);
    }
    const late = Date.now() - deadline;
    waits.sort((a, b) => a - b);
    const at = (share: number) => waits[Math.floor((waits.length - 1) * share)]!.toFixed(2);
    console.log(`${name}: gone ${late} ms after the deadline; DBSIZE ms p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`);
    connection.close();
  } finally {
    await server.stop();
  }
}

await measure('redis-server', 'redis-server');
await measure('cinnabar', join(import.meta.dirname, '../../bin/cinnabar-server'));
