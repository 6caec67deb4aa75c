// Users of the configuration and of the file of users, from the start of a server to its rewritten configuration.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encode } from '../../tests/support/engine-harness.ts';
import { createServer } from './embedded.ts';

type Run = (line: string) => Promise<string>;

/** Starts a server with a configuration file (%d: its directory), beside which other files are. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  check: (run: Run, directory: string, connect: () => Run) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'cinnabar-users-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(directory, name), text.replaceAll('%d', directory), 'latin1');
    }
    const server = await createServer({ port: null, configFile: join(directory, 'c.conf') });
    const connect = (): Run => {
      const stream = server.connect();
      return async (line) => {
        stream.write(Buffer.from(encode(line.split(' ')), 'latin1'));
        return ((await once(stream, 'data'))[0] as Buffer).toString('latin1');
      };
    };
    try {
      await check(connect(), directory, connect);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const USER =
  'user bob on nopass sanitize-payload ~x* resetchannels -@all +@read +select|0 (~y resetchannels -@all +get)';
const DEFAULT = 'user default on nopass sanitize-payload ~* &* +@all';

test('user lines declare users, and CONFIG REWRITE writes them', () =>
  withFiles(
    { 'c.conf': 'dir %d\nuser bob on nopass ~x* +@read +select|0 (~y +get)\nuser "we\\"ird" on "%R~\\xff\\"" &a\n' },
    async (run, directory, connect) => {
      const bob = connect();
      assert.equal(await bob('AUTH bob x'), '+OK\r\n');
      assert.equal(await bob('GET x1'), '$-1\r\n');
      assert.match(await bob('GET z'), /^-NOPERM/);
      const before = await run('ACL LIST');
      assert.ok(before.includes(USER), before);
      await run('ACL SETUSER eve on');
      await run('ACL DELUSER bob');
      assert.equal(await run('CONFIG REWRITE'), '+OK\r\n');
      const text = readFileSync(join(directory, 'c.conf'), 'latin1');
      assert.ok(!text.includes('user bob'));
      assert.ok(text.includes('user eve on sanitize-payload resetchannels -@all\n'), text);
      assert.ok(text.includes('user "we\\"ird" on sanitize-payload "%R~\\xff\\"" resetchannels &a -@all\n'), text);
      assert.ok(text.includes(`${DEFAULT}\n`), text);
      const after = await run('ACL LIST');
      await withFiles({ 'c.conf': text }, async (again) => assert.equal(await again('ACL LIST'), after));
    },
  ));

test('requirepass is the password of the default user; its user line wins', async () => {
  await withFiles({ 'c.conf': 'requirepass secret\n' }, async (run, _, connect) => {
    assert.match(await run('PING'), /^-NOAUTH/);
    assert.equal(await run('AUTH default secret'), '+OK\r\n');
    await run('ACL SETUSER default >other');
    assert.equal(await run('CONFIG GET requirepass'), '*2\r\n$11\r\nrequirepass\r\n$6\r\nsecret\r\n');
    assert.equal(await connect()('AUTH other'), '+OK\r\n');
    await run('CONFIG SET requirepass new');
    assert.match(await connect()('AUTH other'), /^-WRONGPASS/);
    await run('CONFIG SET requirepass ');
    assert.equal(await connect()('PING'), '+PONG\r\n');
  });
  await withFiles({ 'c.conf': 'user default on >own ~* +@all -flushdb\nrequirepass secret\n' }, async (run) => {
    assert.match(await run('AUTH secret'), /^-WRONGPASS/);
    assert.equal(await run('AUTH own'), '+OK\r\n');
    assert.match(await run('FLUSHDB'), /^-NOPERM/);
    assert.match(await run('PUBLISH a b'), /^-NOPERM/, 'it starts from nothing');
  });
});

test('acl-pubsub-default and acllog-max-len are followed', () =>
  withFiles({ 'c.conf': 'acl-pubsub-default allchannels\nuser ann on\nacllog-max-len 1\n' }, async (run) => {
    assert.match(await run('ACL LIST'), /user ann on sanitize-payload &\* -@all/);
    await run('CONFIG SET acl-pubsub-default resetchannels');
    await run('ACL SETUSER bob');
    assert.match(await run('ACL LIST'), /user bob off sanitize-payload resetchannels -@all/);
    for (const name of ['a', 'b']) await run(`AUTH ${name} x`);
    assert.match(await run('ACL LOG'), /^\*1\r\n/);
    assert.match(await run('INFO stats'), /acl_access_denied_auth:2\r\n/);
  }));

test('a file of users is loaded at the start, beside which there are no user lines', () =>
  withFiles({ 'c.conf': 'dir %d\naclfile u.acl\n', 'u.acl': `${USER}\n` }, async (run, directory) => {
    assert.equal(await run('ACL USERS'), '*2\r\n$3\r\nbob\r\n$7\r\ndefault\r\n');
    await run('ACL SETUSER ann on');
    assert.equal(await run('ACL SAVE'), '+OK\r\n');
    assert.equal(
      readFileSync(join(directory, 'u.acl'), 'latin1'),
      `user ann on sanitize-payload resetchannels -@all\n${USER}\n${DEFAULT}\n`,
    );
    assert.equal(await run('CONFIG REWRITE'), '+OK\r\n');
    assert.ok(!readFileSync(join(directory, 'c.conf'), 'latin1').includes('user '));
    writeFileSync(join(directory, 'u.acl'), 'user ann nope\n');
    assert.match(await run('ACL LOAD'), /^-ERR u\.acl:1: Syntax error\. WARNING: ACL errors detected/);
    assert.match(await run('ACL USERS'), /^\*3/);
  }));

test('a server does not start with users that are wrong', async () => {
  const cases: [Record<string, string>, RegExp][] = [
    [
      { 'c.conf': 'user foo on +nope\n' },
      /at line 1\n>>> 'user foo on \+nope'\nError in user declaration 'foo': Error in applying operation '\+nope': Unknown command or category name in ACL/,
    ],
    [{ 'c.conf': 'user foo on\nuser foo off\n' }, /Error in user declaration 'foo': Duplicate user found/],
    [{ 'c.conf': 'user default on\nuser default on\n' }, /Error in user declaration 'default': Duplicate user found/],
    [{ 'c.conf': 'user foo (+get\n' }, /Error in user declaration 'foo': Unmatched parenthesis/],
    [
      { 'c.conf': 'acl-pubsub-default allchannels\nuser foo &a\n' },
      /^Aborting Redis startup because of ACL errors: Error in user declaration 'foo': .*Adding a pattern after/,
    ],
    [{ 'c.conf': 'user "a b" on\n' }, /Error in user declaration 'a b': Spaces not allowed/],
    [{ 'c.conf': 'dir %d\nuser foo on\naclfile u.acl\n', 'u.acl': '' }, /only one of the two/],
    [
      { 'c.conf': 'dir %d\naclfile u.acl\n', 'u.acl': 'user a +nope' },
      /^Aborting Redis startup because of ACL errors: u\.acl:1: Error in applying operation '\+nope'/,
    ],
    [
      { 'c.conf': 'dir %d\naclfile u.acl\n', 'u.acl': 'user a (+get' },
      /^Aborting Redis startup because of ACL errors: u\.acl:1: Unmatched parenthesis/,
    ],
    [
      { 'c.conf': 'dir %d\naclfile u.acl\n' },
      /^Aborting Redis startup because of ACL errors: Error loading ACLs, opening file 'u\.acl': No such file/,
    ],
  ];
  for (const [files, expected] of cases) {
    await assert.rejects(
      withFiles(files, () => Promise.resolve()),
      (error: Error) => {
        assert.match(error.message, expected);
        return true;
      },
    );
  }
});

test('ACL GENPASS gives another password each time', () =>
  withFiles({ 'c.conf': '' }, async (run) => {
    const seen = new Set<string>();
    for (let count = 0; count < 20; count++) seen.add(await run('ACL GENPASS'));
    assert.equal(seen.size, 20);
    assert.match([...seen][0]!, /^\$64\r\n[0-9a-f]{64}\r\n$/);
  }));
