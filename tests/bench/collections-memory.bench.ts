// Memory of many small and middling collections, ours and redis-server's in one run: how much the resident memory and
// used_memory grow while the same commands fill an empty server, which has run some of them before. None may be larger here.
//
//   npm run bench -- collections-memory            [1: a part of the collections, 0.1 is a tenth]

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from '../support/engine-harness.ts';
import { RawConnection, ServerProcess } from '../support/redis-server.ts';

/** Collections made, and deleted, before anything is measured. */
const WARM_UP = 200;

const part = Number(process.argv[2] ?? 1);

interface Shape {
  readonly name: string;
  readonly collections: number;
  readonly elements: number;
  /** The command that makes collection `index`. */
  make(index: number): string[];
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}

function items(count: number, make: (item: number) => readonly string[]): string[] {
  return Array.from({ length: count }, (_, item) => make(item)).flat();
}

const SHAPES: readonly Shape[] = [
  {
    name: 'hashes of 200 fields',
    collections: 10_000,
    elements: 200,
    make: (index) => [
      'HSET',
      `hash:${padded(index, 8)}`,
      ...items(200, (item) => [`field:${padded(item, 4)}`, `value:${padded((index * 200 + item) % 100_000_000, 8)}`]),
    ],
  },
  {
    name: 'sets of 3 members of 100 bytes',
    collections: 100_000,
    elements: 3,
    make: (index) => ['SADD', `set:${padded(index, 8)}`, ...items(3, (item) => [padded(index * 3 + item, 100)])],
  },
  {
    name: 'sorted sets of 20 members',
    collections: 100_000,
    elements: 20,
    make: (index) => [
      'ZADD',
      `zset:${padded(index, 8)}`,
      ...items(20, (item) => [String(((index * 20 + item) * 7919) % 1_000_003), `member:${padded(item, 6)}`]),
    ],
  },
  // What large members and large counts make of them: the forms for collections that outgrew the compact one.
  {
    name: 'hashes of 600 fields',
    collections: 3_000,
    elements: 600,
    make: (index) => [
      'HSET',
      `hash:${padded(index, 8)}`,
      ...items(600, (item) => [`field:${padded(item, 4)}`, `value:${padded((index * 600 + item) % 100_000_000, 8)}`]),
    ],
  },
  {
    name: 'sorted sets of 200 members',
    collections: 10_000,
    elements: 200,
    make: (index) => [
      'ZADD',
      `zset:${padded(index, 8)}`,
      ...items(200, (item) => [String(((index * 200 + item) * 7919) % 1_000_003), `member:${padded(item, 6)}`]),
    ],
  },
];

interface Use {
  readonly resident: number;
  readonly used: number;
}

async function useOf(connection: RawConnection): Promise<Use> {
  connection.write(encode(['INFO']) + encode(['ECHO', 'end-of-info']));
  const info = await connection.read((text) => text.endsWith('end-of-info\r\n'));
  const processId = /process_id:(\d+)/.exec(info)![1]!;
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))![1]!;
  return { resident: Number(kilobytes) * 1024, used: Number(/used_memory:(\d+)/.exec(info)![1]) };
}

async function fill(connection: RawConnection, { make }: Shape, count: number): Promise<void> {
  const BATCH = 50;
  for (let from = 0; from < count; from += BATCH) {
    let text = '';
    for (let index = from; index < Math.min(from + BATCH, count); index++) text += encode(make(index));
    connection.write(text + encode(['ECHO', 'end-of-batch']));
    const replies = await connection.read((arrived) => arrived.endsWith('end-of-batch\r\n'), 60_000);
    if (/^-/m.test(replies)) throw new Error(`refused: ${replies.slice(0, 200)}`);
  }
}

/** Bytes that one collection takes. */
async function measure(command: string, shape: Shape): Promise<Use> {
  const count = Math.round(shape.collections * part);
  const server = await ServerProcess.start(command);
  try {
    const connection = await RawConnection.open(server.port);
    // What running these commands for the first time takes (code, buffers) is no memory of a collection.
    await fill(connection, shape, WARM_UP);
    connection.write(encode(['FLUSHALL']));
    await connection.read((text) => text.endsWith('\r\n'));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const before = await useOf(connection);
    await fill(connection, shape, count);
    // Buffers of the filling shrink, and what was freed is given back.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const after = await useOf(connection);
    connection.close();
    return { resident: (after.resident - before.resident) / count, used: (after.used - before.used) / count };
  } finally {
    await server.stop();
  }
}

console.log('bytes of one collection     resident: ours  redis  ratio | used_memory: ours  redis  ratio');
for (const shape of SHAPES) {
  const ours = await measure(join(import.meta.dirname, '../../bin/cinnabar-server'), shape);
  const theirs = await measure('redis-server', shape);
  const column = (bytes: number, width: number): string => bytes.toFixed(0).padStart(width);
  const ratio = (a: number, b: number): string => (b / a).toFixed(2).padStart(7);
  console.log(
    `${shape.name.padEnd(32)} ${column(ours.resident, 9)} ${column(theirs.resident, 6)}${ratio(ours.resident, theirs.resident)} | ` +
      `${column(ours.used, 17)} ${column(theirs.used, 6)}${ratio(ours.used, theirs.used)}`,
  );
}
