import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collationOf, environmentLocale } from './collation.ts';
import { createServer } from './embedded.ts';

test('locales are named as systems name them', () => {
  for (const bytes of ['C', 'POSIX', 'C.UTF-8', 'C.utf8']) assert.equal(collationOf(bytes), null, bytes);
  for (const known of ['en_US.UTF-8', 'de_DE', 'de_DE.utf8@euro', 'sv']) {
    assert.equal(typeof collationOf(known), 'function', known);
  }
  for (const unknown of ['', 'xx_', 'no such', 'qq_QQ', 'en_US.ISO-8859-1', '../x', '.UTF-8']) {
    assert.equal(collationOf(unknown), undefined, unknown);
  }
  assert.equal(environmentLocale({ LANG: 'a', LC_COLLATE: 'b' }), 'b');
  assert.equal(environmentLocale({ LANG: 'a', LC_ALL: 'c', LC_COLLATE: '' }), 'c');
  assert.equal(environmentLocale({ LC_ALL: '' }), 'C');
});

test('SORT ALPHA follows locale-collate, but for what it stores', async () => {
  const server = await createServer({ port: null, config: { loglevel: 'nothing' } });
  const engine = server.server.engine;
  const stream = server.connect();
  const ask = (command: string): Promise<string> =>
    new Promise((resolve) => {
      stream.once('data', (text: Buffer) => resolve(text.toString()));
      stream.write(`${command}\r\n`);
    });
  const items = (reply: string): string[] => reply.split('\r\n').filter((line) => line !== '' && !/^[*$]/.test(line));
  assert.equal(engine.collation, null, 'a server inside a program is the same everywhere');
  await ask('RPUSH words b A a B z Z ä o ö');
  assert.deepEqual(items(await ask('SORT words ALPHA')), ['A', 'B', 'Z', 'a', 'b', 'o', 'z', 'ä', 'ö']);
  assert.equal(await ask('CONFIG SET locale-collate de_DE.UTF-8'), '+OK\r\n');
  const german = ['a', 'A', 'ä', 'b', 'B', 'o', 'ö', 'z', 'Z'];
  assert.deepEqual(items(await ask('SORT words ALPHA')), german);
  assert.deepEqual(items(await ask('SORT words ALPHA DESC')), german.toReversed());
  await ask('SORT words ALPHA STORE sorted');
  assert.deepEqual(items(await ask('LRANGE sorted 0 -1')), ['A', 'B', 'Z', 'a', 'b', 'o', 'z', 'ä', 'ö']);
  assert.equal(await ask('CONFIG SET locale-collate sv_SE'), '+OK\r\n');
  assert.deepEqual(items(await ask('SORT words ALPHA')), ['a', 'A', 'b', 'B', 'o', 'z', 'Z', 'ä', 'ö']);
  await ask('MSET w:a 1 w:A 2 w:z ä w:Z b');
  assert.deepEqual(items(await ask('SORT words BY w:* ALPHA LIMIT 5 4')), ['a', 'A', 'Z', 'z'], 'weights too');
  assert.equal(
    await ask('CONFIG SET locale-collate nowhere_NO'),
    "-ERR CONFIG SET failed (possibly related to argument 'locale-collate') - Invalid locale name\r\n",
  );
  assert.match(await ask('CONFIG GET locale-collate'), /sv_SE/);
  stream.destroy();
  await server.stop();
});
