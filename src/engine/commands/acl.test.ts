// ACL as clients see it: what is refused, when, and what follows for connections.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, type TestClient } from '../../../tests/support/engine-harness.ts';
import { testDisk } from '../../../tests/support/simulated-disk.ts';
import { AclFile } from '../acl/acl-file.ts';

const OK = '+OK\r\n';
const NO_KEY = '-NOPERM No permissions to access a key\r\n';
const NO_CHANNEL = '-NOPERM No permissions to access a channel\r\n';
const WRONG_PASS = '-WRONGPASS invalid username-password pair or user is disabled.\r\n';

function noCommand(command: string, user = 'ann'): string {
  return `-NOPERM User ${user} has no permissions to run the '${command}' command\r\n`;
}

function run(client: TestClient, line: string): string {
  return client.run(...line.split(' ').map((word) => (word === "''" ? '' : word)));
}

/** An engine, its first client (default), and one of a user `ann` with these rules. */
function withUser(rules: string): { harness: EngineHarness; admin: TestClient; ann: TestClient } {
  const harness = new EngineHarness();
  assert.equal(run(harness.client, `ACL SETUSER ann on nopass ${rules}`), OK);
  const ann = harness.connect();
  assert.equal(run(ann, 'AUTH ann x'), OK);
  return { harness, admin: harness.client, ann };
}

function entry(client: TestClient): Record<string, string> {
  const parts = run(client, 'ACL LOG 1').split('\r\n');
  const words = parts.filter((part) => !/^[*$]/.test(part));
  return Object.fromEntries(words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? '']] : [])));
}

describe('a user that may not do everything', () => {
  it('is refused commands, keys and channels', () => {
    const { ann } = withUser('+get +set +publish +subscribe +psubscribe +client|id +select|1 ~a* %R~r &news &b*');
    const cases: [string, string][] = [
      ['GET a1', '$-1\r\n'],
      ['SET a1 x', OK],
      ['GET r', '$-1\r\n'],
      ['SET r x', NO_KEY],
      ['GET b', NO_KEY],
      ['DEL a1', noCommand('del')],
      ['CLIENT ID', ':2\r\n'],
      ['CLIENT LIST', noCommand('client|list')],
      ['SELECT 1', OK],
      ['SELECT 0', noCommand('select')],
      ['PUBLISH news x', ':0\r\n'],
      ['PUBLISH other x', NO_CHANNEL],
      ['PSUBSCRIBE b', NO_CHANNEL],
      ['SUBSCRIBE news other', NO_CHANNEL],
      ['PSUBSCRIBE b*', '*3\r\n$10\r\npsubscribe\r\n$2\r\nb*\r\n:1\r\n'],
    ];
    for (const [line, expected] of cases) assert.equal(run(ann, line), expected, line);
  });

  it('may always say who it is, and end', () => {
    const { ann } = withUser('');
    assert.match(run(ann, 'HELLO'), /^\*14/);
    assert.equal(run(ann, 'PING'), noCommand('ping'));
    assert.equal(run(ann, 'RESET'), '+RESET\r\n');
    assert.equal(run(ann, 'ACL WHOAMI'), '$7\r\ndefault\r\n');
    assert.equal(run(ann, 'AUTH ann x'), OK);
    assert.equal(run(ann, 'AUTH default x'), OK);
    assert.equal(run(ann, 'PING'), '+PONG\r\n');
    run(ann, 'AUTH ann x');
    assert.equal(run(ann, 'QUIT'), OK);
  });

  it('needs one selector that permits all of a call', () => {
    const { admin, ann } = withUser('-@all (+mset ~a) (+mget ~a ~b) (+@all %R~r %W~w)');
    assert.equal(run(ann, 'MGET a b'), '*2\r\n$-1\r\n$-1\r\n');
    assert.equal(run(ann, 'MSET a 1 b 2'), NO_KEY);
    assert.equal(run(ann, 'COPY r w'), ':0\r\n');
    assert.equal(run(ann, 'COPY w r'), NO_KEY);
    assert.equal(run(ann, 'MGET a b c'), NO_KEY);
    assert.equal(entry(admin)['object'], 'c', 'the selector that came furthest is told of');
  });

  it('is refused what SORT reads beside its key, unless it may read all', () => {
    const { admin, ann } = withUser('+sort +sort_ro ~k ~w_*');
    run(admin, 'RPUSH k 1 2');
    const denied = (option: string) => `-ERR ${option} option of SORT denied due to insufficient ACL permissions.\r\n`;
    for (const name of ['SORT', 'SORT_RO']) {
      assert.equal(run(ann, `${name} k BY w_*`), denied('BY'), 'CVE-2023-41053');
      assert.equal(run(ann, `${name} k GET w_*`), denied('GET'), 'CVE-2023-41053');
      assert.equal(run(ann, `${name} k GET #`), denied('GET'));
      assert.match(run(ann, `${name} k BY nosort`), /^\*2/);
    }
    run(admin, 'ACL SETUSER ann (+get %R~*)');
    assert.equal(run(ann, 'SORT k BY w_*'), denied('BY'));
    run(admin, 'ACL SETUSER ann (+sort %R~*)');
    assert.match(run(ann, 'SORT k BY w_* GET #'), /^\*2/);
    assert.equal(run(ann, 'SORT k BY w_* STORE k'), denied('BY'), 'the same selector must permit the rest');
  });

  it('sees a change of its rules at once', () => {
    const { admin, ann } = withUser('+get ~*');
    assert.equal(run(ann, 'GET a'), '$-1\r\n');
    run(admin, 'ACL SETUSER ann resetkeys');
    assert.equal(run(ann, 'GET a'), NO_KEY);
    run(admin, 'ACL SETUSER ann +@all ~* &*');
    assert.equal(run(ann, 'PING'), '+PONG\r\n');
    run(admin, 'ACL SETUSER ann -ping off');
    assert.equal(run(ann, 'PING'), noCommand('ping'), 'one that is off goes on');
    assert.equal(run(ann, 'GET a'), '$-1\r\n');
  });
});

describe('a key', () => {
  it('may be known to who may do anything with it', () => {
    const { harness, admin, ann } = withUser('+get %W~w (%R~r)');
    const { acl } = harness.engine;
    const known = (client: TestClient) => ['w', 'r', 'x'].map((key) => acl.mayKnowKey(client.session, key));
    assert.deepEqual(known(ann), [true, true, false]);
    assert.deepEqual(known(admin), [true, true, true]);
  });
});

describe('permissions and transactions', () => {
  it('a command that is refused when it is queued breaks the transaction', () => {
    const { ann } = withUser('+multi +exec +get ~a');
    assert.equal(run(ann, 'MULTI'), OK);
    assert.equal(run(ann, 'GET b'), NO_KEY);
    assert.equal(run(ann, 'EXEC'), '-EXECABORT Transaction discarded because of previous errors.\r\n');
  });

  it('a command is looked at again when EXEC comes to it', () => {
    const { admin, ann } = withUser('+multi +exec +get +set +publish ~a &c');
    for (const line of ['MULTI', 'SET a 1', 'GET a', 'PUBLISH c m']) run(ann, line);
    run(admin, 'ACL SETUSER ann -get %R~a resetkeys resetchannels');
    const replies = run(ann, 'EXEC').split('\r\n');
    const why = [
      'no permission to touch the specified keys',
      'no permission to execute the command or subcommand',
      'no permission to access one of the channels used as arguments',
    ];
    assert.equal(replies[0], '*3');
    for (const [index, reason] of why.entries()) {
      assert.match(replies[index + 1]!, /^-NOPERM ACLs rules changed between the moment the transaction/);
      assert.ok(replies[index + 1]!.endsWith(reason), reason);
    }
    assert.equal(run(admin, 'EXISTS a'), ':0\r\n');
    assert.equal(entry(admin)['context'], 'multi');
    assert.match(entry(admin)['client-info']!, / cmd=exec /);
  });

  it('AUTH within changes who is asked', () => {
    const { admin, ann } = withUser('+@all ~* &*');
    run(admin, 'ACL SETUSER bob on nopass +get ~a');
    for (const line of ['MULTI', 'AUTH bob x', 'GET a', 'GET b']) run(ann, line);
    assert.match(run(ann, 'EXEC'), /^\*3\r\n\+OK\r\n\$-1\r\n-NOPERM ACLs rules changed/);
  });

  it('EXEC itself may be refused', () => {
    const { ann } = withUser('+multi +ping');
    run(ann, 'MULTI');
    run(ann, 'PING');
    assert.equal(run(ann, 'EXEC'), `-EXECABORT Transaction discarded because of: ${noCommand('exec').slice(1)}`);
    assert.equal(run(ann, 'PING'), '+PONG\r\n', 'and ends the transaction');
  });
});

describe('what follows for connections', () => {
  it('a client that waits is refused when it is served, if its user lost the key', () => {
    const { harness, admin, ann } = withUser('+@all ~*');
    run(ann, 'BLPOP k 0');
    run(admin, 'ACL SETUSER ann resetkeys');
    run(admin, 'RPUSH k x');
    assert.equal(ann.take(), NO_KEY);
    assert.equal(run(admin, 'LLEN k'), ':1\r\n');
    assert.equal(run(ann, 'PING'), '+PONG\r\n');
    const id = harness.engine.table.idOf('blpop');
    const { calls, rejected, failed } = harness.engine.statistics;
    assert.deepEqual([calls[id], rejected[id], failed[id]], [0, 1, 0]);
  });

  it('who listens to a channel that its user lost is ended, others are not', () => {
    const { harness, admin } = withUser('+@all &a &b* &c');
    const listeners = ['SUBSCRIBE a', 'SSUBSCRIBE a', 'PSUBSCRIBE b*', 'SUBSCRIBE b1'].map((line) => {
      const client = harness.connect();
      run(client, 'AUTH ann x');
      run(client, line);
      return client;
    });
    const closed = () => listeners.map(({ peer }) => peer.closed !== null);
    run(admin, 'ACL SETUSER ann resetchannels &a &b* &d');
    assert.deepEqual(closed(), [false, false, false, false]);
    run(admin, 'ACL SETUSER ann allchannels');
    assert.deepEqual(closed(), [false, false, false, false]);
    run(admin, 'ACL SETUSER ann resetchannels &a &b1');
    assert.deepEqual(closed(), [false, false, true, false]);
    run(admin, 'ACL SETUSER ann resetchannels');
    assert.deepEqual(closed(), [true, true, true, true]);
  });

  it('who takes its own channel away gets the reply first', () => {
    const { ann } = withUser('+@all &a');
    run(ann, 'HELLO 3');
    run(ann, 'SUBSCRIBE a');
    assert.equal(run(ann, 'ACL SETUSER ann resetchannels'), OK);
    assert.equal(ann.peer.closed, 'flushed');
  });

  it('DELUSER ends the connections of its users', () => {
    const { harness, admin, ann } = withUser('+@all ~*');
    const own = harness.connect();
    run(own, 'AUTH ann x');
    run(ann, 'BLPOP k 0');
    assert.equal(run(admin, 'ACL DELUSER ann default'), "-ERR The 'default' user cannot be removed\r\n");
    assert.equal(run(own, 'ACL DELUSER nobody ann ann'), ':1\r\n');
    assert.deepEqual([ann.peer.closed, own.peer.closed], ['now', 'flushed']);
    assert.equal(run(admin, 'AUTH ann x'), WRONG_PASS);
    assert.equal(run(admin, 'ACL USERS'), '*1\r\n$7\r\ndefault\r\n');
  });

  it('CLIENT LIST tells the user, CLIENT KILL finds it', () => {
    const { admin, ann } = withUser('');
    assert.match(run(admin, 'CLIENT LIST'), / user=ann /);
    assert.equal(run(admin, 'CLIENT KILL USER nobody'), "-ERR No such user 'nobody'\r\n");
    assert.equal(run(admin, 'CLIENT KILL USER ann'), ':1\r\n');
    assert.equal(ann.peer.closed, 'now');
  });
});

describe('AUTH and HELLO', () => {
  it('take the passwords of users that are on', () => {
    const harness = new EngineHarness();
    const { client } = harness;
    run(client, 'ACL SETUSER ann >one >two');
    assert.equal(run(client, 'AUTH ann one'), WRONG_PASS);
    run(client, 'ACL SETUSER ann on +@all');
    for (const [password, expected] of [
      ['one', OK],
      ['two', OK],
      ['three', WRONG_PASS],
      ['', WRONG_PASS],
    ] as const) {
      assert.equal(client.run('AUTH', 'ann', password), expected, password);
    }
    run(client, 'ACL SETUSER ann <one');
    assert.equal(run(client, 'AUTH ann one'), WRONG_PASS);
    assert.equal(run(client, 'AUTH nobody one'), WRONG_PASS);
    assert.equal(run(client, `AUTH ann ${'0'.repeat(64)}`), WRONG_PASS);
    assert.match(run(client, 'HELLO 3 AUTH ann two'), /^%7/);
    assert.equal(run(client, 'ACL WHOAMI'), '$3\r\nann\r\n');
    assert.equal(run(client, 'HELLO 2 AUTH ann two AUTH ann no'), WRONG_PASS);
    assert.equal(run(client, 'ACL WHOAMI'), '$3\r\nann\r\n');
  });

  it('are needed as long as the default user has a password or is off', () => {
    const harness = new EngineHarness();
    const { client } = harness;
    run(client, 'ACL SETUSER default resetpass >secret');
    const stranger = harness.connect();
    assert.equal(run(client, 'PING'), '+PONG\r\n', 'who is in stays in');
    assert.match(run(stranger, 'PING'), /^-NOAUTH /);
    assert.match(run(stranger, 'HELLO'), /^-NOAUTH HELLO must/);
    assert.equal(run(stranger, 'AUTH no'), WRONG_PASS);
    run(client, 'ACL SETUSER default nopass');
    assert.equal(run(stranger, 'PING'), '+PONG\r\n');
    run(client, 'ACL SETUSER default off');
    assert.match(run(stranger, 'PING'), /^-NOAUTH /);
    assert.match(run(harness.connect(), 'PING'), /^-NOAUTH /);
    assert.equal(run(stranger, 'AUTH default x'), WRONG_PASS);
    assert.match(run(client, 'RESET'), /^\+RESET/);
    assert.match(run(client, 'PING'), /^-NOAUTH /, 'RESET keeps nothing');
  });
});

describe('ACL LOG', () => {
  it('tells who was refused what', () => {
    const { harness, admin, ann } = withUser('+get ~a');
    assert.equal(run(admin, 'ACL LOG'), '*0\r\n');
    harness.advance(1000);
    run(ann, 'GET b');
    run(ann, 'gEt b');
    harness.advance(500);
    const found = entry(admin);
    const { count, reason, context, object, username } = found;
    assert.deepEqual([count, reason, context, object, username], [':2', 'key', 'toplevel', 'b', 'ann']);
    assert.equal(found['age-seconds'], '0.5');
    assert.match(found['client-info']!, /^id=2 .* cmd=get user=ann /);
    assert.equal(found['entry-id'], ':0');
    assert.equal(found['timestamp-created'], found['timestamp-last-updated']);
    run(ann, 'MULTI');
    assert.equal(entry(admin)['reason'], 'command');
    run(admin, 'auth ann x');
    run(admin, 'auth bob x');
    run(admin, 'AUTH default x');
    const { reason: why, object: word, username: who } = entry(admin);
    assert.deepEqual([why, word, who], ['auth', 'auth', 'bob']);
    assert.match(run(admin, 'ACL LOG 2'), /^\*2/);
    assert.equal(run(admin, 'ACL LOG -1'), '*0\r\n');
    assert.equal(run(admin, 'ACL LOG x'), '-ERR value is not an integer or out of range\r\n');
    assert.equal(run(admin, 'ACL LOG Reset'), OK);
    assert.equal(run(admin, 'ACL LOG'), '*0\r\n');
    const { counters } = harness.engine.statistics;
    assert.deepEqual([...counters.slice(14, 18)], [1, 1, 2, 0], 'INFO counts them: auth, command, key, channel');
  });
});

describe('ACL DRYRUN, CAT and GENPASS', () => {
  it('DRYRUN says what a user may, without doing it', () => {
    const { admin } = withUser('+@all -object -select +select|0 %R~r* %W~w* &c');
    const cases: [string, string][] = [
      ['GET r', OK],
      ['SET r x', "$57\r\nUser ann has no permissions to access the 'r' key\r\n"],
      ['PUBLISH d x', "$53\r\nUser ann has no permissions to access the 'd' channel\r\n"],
      ['SELECT 1', ''],
      ['SELECT 0', OK],
      ['AUTH x', OK],
      ['GET', "-ERR wrong number of arguments for 'get' command\r\n"],
      ['NOPE', "-ERR Command 'NOPE' not found\r\n"],
      ['OBJECT nope', "-ERR Command 'OBJECT' not found\r\n"],
    ];
    for (const [line, expected] of cases) {
      const reply = run(admin, `ACL DRYRUN ann ${line}`);
      if (expected.startsWith('$')) assert.equal(reply.split('\r\n')[1], expected.split('\r\n')[1], line);
      else if (expected === '') assert.match(reply, /has no permissions to run the 'select' command/);
      else assert.equal(reply, expected, line);
    }
    assert.equal(run(admin, 'ACL DRYRUN bob GET r'), "-ERR User 'bob' not found\r\n");
    assert.equal(run(admin, 'EXISTS r w'), ':0\r\n');
    assert.equal(run(admin, 'ACL LOG'), '*0\r\n', 'nothing is logged');
  });

  it('CAT lists categories and their commands', () => {
    const { client } = new EngineHarness();
    assert.match(run(client, 'ACL CAT'), /^\*21\r\n\$8\r\nkeyspace/);
    assert.match(run(client, 'ACL CAT TRANSACTION'), /\r\nmulti\r\n/);
    assert.match(run(client, 'ACL CAT slow'), /\r\nacl\|setuser\r\n/);
    assert.equal(run(client, 'ACL CAT nope'), "-ERR Unknown category 'nope'\r\n");
  });

  it('GENPASS takes its bits from the system, or refuses', () => {
    const { engine, client } = new EngineHarness();
    assert.match(run(client, 'ACL GENPASS'), /^-ERR this program gave/);
    Object.assign(engine, { entropy: (bytes: Uint8Array) => bytes.fill(0x1a) });
    assert.equal(run(client, 'ACL GENPASS'), `$64\r\n${'1a'.repeat(32)}\r\n`);
    for (const [bits, digits] of [
      [1, '1'],
      [4, '1'],
      [5, '1a'],
      [12, '1a1'],
    ] as const) {
      assert.equal(run(client, `ACL GENPASS ${bits}`), `$${digits.length}\r\n${digits}\r\n`);
    }
    for (const bits of ['0', '-236', '4097']) assert.match(run(client, `ACL GENPASS ${bits}`), /^-ERR ACL GENPASS arg/);
  });
});

describe('the ACL file', () => {
  function withFile(text: string) {
    const harness = new EngineHarness();
    const disk = testDisk();
    disk.makeDirectory('d');
    const write = (content: string) => {
      const file = disk.open('d/u.acl', 'create');
      const bytes = new TextEncoder().encode(content);
      file.write(bytes, 0, bytes.length);
      file.close();
    };
    write(text);
    const lines: string[] = [];
    harness.engine.acl.file = new AclFile({
      disk,
      name: 'u.acl',
      path: () => 'd/u.acl',
      warn: (line) => lines.push(line),
    });
    return { harness, admin: harness.client, disk, write, lines };
  }

  it('is not there unless it is configured', () => {
    const { client } = new EngineHarness();
    for (const name of ['LOAD', 'SAVE']) {
      assert.match(run(client, `ACL ${name}`), /^-ERR This Redis instance is not configured to use an ACL file\. /);
    }
  });

  it('what SAVE writes LOAD reads back', () => {
    const { admin, disk } = withFile('');
    admin.run('ACL', 'SETUSER', 'ann', 'on', '>x', '~a"b', '%R~\xff', '&c', '+@read', '+select|0', '(~z', '+get)');
    admin.run('ACL', 'SETUSER', '', 'on');
    run(admin, 'ACL SETUSER default skip-sanitize-payload');
    const before = run(admin, 'ACL LIST');
    assert.equal(run(admin, 'ACL SAVE'), OK);
    run(admin, 'ACL SETUSER ann reset');
    run(admin, 'ACL SETUSER bob on');
    assert.equal(run(admin, 'ACL LOAD'), OK);
    assert.equal(run(admin, 'ACL LIST'), before);
    assert.deepEqual(disk.list('d'), ['u.acl'], 'nothing is left beside it');
  });

  it('LOAD ends who is gone or may not listen any more, and nobody else', () => {
    const { harness, admin, write } = withFile('');
    for (const name of ['ann', 'bob', 'eve']) run(admin, `ACL SETUSER ${name} on nopass +@all &c`);
    const clients = ['ann', 'bob', 'eve'].map((name) => {
      const client = harness.connect();
      run(client, `AUTH ${name} x`);
      run(client, 'SUBSCRIBE c');
      return client;
    });
    write('user ann on nopass +@all ~* &c\nuser bob on nopass +@all\n');
    assert.equal(run(admin, 'ACL LOAD'), OK);
    assert.deepEqual(
      clients.map(({ peer }) => peer.closed),
      [null, 'now', 'now'],
    );
    assert.equal(run(admin, 'PING'), '+PONG\r\n');
  });

  it('is loaded whole or not at all, and tells all that is wrong with it', () => {
    const { admin, write } = withFile('user ann on\n');
    assert.equal(run(admin, 'ACL LOAD'), OK);
    const before = run(admin, 'ACL LIST');
    const END = 'WARNING: ACL errors detected, no change to the previously active ACL rules was performed\r\n';
    const cases: [string, string][] = [
      ['#c\n', 'u.acl:1 should start with user keyword followed by the username. '],
      ['user\n', 'u.acl:1 should start with user keyword followed by the username. '],
      ['\n\nUSER a on', 'u.acl:3 should start with user keyword followed by the username. '],
      ['user a\tb on', "'u.acl:1: username 'a\tb' contains invalid characters. "],
      ['user a +foo', "u.acl:1: Error in applying operation '+foo': Unknown command or category name in ACL. "],
      ['user a nope', 'u.acl:1: Syntax error. '],
      ['user a on\nuser a on', "WARNING: Duplicate user 'a' found on line 2. "],
      ['user default on\nuser default on', "WARNING: Duplicate user 'default' found on line 2. "],
      ['user a (+get', 'u.acl:1: Unmatched parenthesis in selector definition. '],
    ];
    for (const [text, expected] of cases) {
      write(text);
      assert.equal(run(admin, 'ACL LOAD'), `-ERR ${expected}${END}`, text);
      assert.equal(run(admin, 'ACL LIST'), before);
    }
    write(cases.map(([text]) => `${text}\n`).join(''));
    assert.match(run(admin, 'ACL LOAD'), /u\.acl:1 should.*contains invalid.*Duplicate user 'default'/);
  });

  it('stays as it was when the disk fails, and so do the users when it is gone', () => {
    const { admin, disk, lines } = withFile('user ann on nopass\n');
    run(admin, 'ACL LOAD');
    run(admin, 'ACL SETUSER bob');
    for (const call of ['write', 'sync', 'rename'] as const) {
      disk.failNext(call, 'ENOSPC');
      assert.match(run(admin, 'ACL SAVE'), /^-ERR There was an error trying to save the ACLs\./, call);
      assert.match(lines.pop()!, /ACL file for ACL SAVE: No space left on device$/);
      assert.deepEqual(disk.list('d'), ['u.acl']);
    }
    disk.unlink('d/u.acl');
    assert.equal(
      run(admin, 'ACL LOAD'),
      "-ERR Error loading ACLs, opening file 'u.acl': No such file or directory\r\n",
    );
    assert.match(run(admin, 'ACL USERS'), /^\*3/);
  });
});

describe('CVE-2023-36824: counts of keys that do not fit, while permissions are looked at', () => {
  it('find no keys, and the command does nothing', () => {
    const { admin, ann } = withUser('+@all ~a');
    run(admin, 'SET secret 1');
    for (const count of ['-1', '0', '3', '99', '2147483647', '9223372036854775807', 'x', "''"]) {
      for (const line of [`SINTERCARD ${count} secret`, `ZUNION ${count} secret`, `LMPOP ${count} secret LEFT`]) {
        assert.match(run(ann, line), /^-ERR /, line);
        assert.match(run(admin, `ACL DRYRUN ann ${line}`), /^[+$-]/, line);
      }
    }
    assert.equal(run(ann, 'LMPOP 1 secret LEFT'), NO_KEY);
  });
});
