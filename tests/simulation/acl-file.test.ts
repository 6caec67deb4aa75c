// Crashes while the file of users is written, at every call to the disk: a restart finds the old users or the new ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AclFile, textOf } from '../../src/engine/acl/acl-file.ts';
import { Users } from '../../src/engine/acl/users.ts';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { CommandTable } from '../../src/engine/command-table.ts';
import { SimulatedCrash, SimulatedDisk } from '../../src/host/simulated-disk.ts';
import { Prng } from '../../src/lib/prng.ts';
import type { Disk } from '../../src/world/disk.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const SEEDS_PER_CALL = 30;

const table = new CommandTable(ENGINE_COMMANDS);

function usersWith(count: number): Users {
  const users = new Users(table);
  for (let number = 0; number < count; number++)
    users.set(`user-${number}`, ['on', `>password-${number}`, '+@read', '~a*']);
  return users;
}

function fileOn(disk: Disk): AclFile {
  return new AclFile({ disk, name: 'u.acl', path: () => 'd/u.acl', warn: () => undefined });
}

/** The users that a file has, as text. */
function readBack(disk: Disk): string {
  const users = new Users(table);
  const parsed = fileOn(disk).read(users);
  assert.ok('users' in parsed, JSON.stringify(parsed));
  users.replace(parsed.users);
  return textOf(users);
}

test(`a crash while users are saved leaves the old ones or the new ones, seed ${SEED}`, () => {
  const random = new Prng(SEED);
  const [before, after] = [usersWith(3), usersWith(40)];
  const texts = [textOf(before), textOf(after)];
  const found = [0, 0];
  let isDone = false;
  for (let call = 1; !isDone; call++) {
    for (let round = 0; round < SEEDS_PER_CALL; round++) {
      const disk = new SimulatedDisk(random.next32());
      disk.shortWrites = 0.5;
      disk.makeDirectory('d');
      disk.syncDirectoryNow('.');
      assert.ok(fileOn(disk).write(before, 0));
      const earlier = disk.calls;
      disk.crashAt(earlier + call);
      let isPromised = false;
      try {
        assert.ok(fileOn(disk).write(after, 1));
        isPromised = true;
        isDone = true;
      } catch (error) {
        if (!(error instanceof SimulatedCrash)) throw error;
      }
      const left = texts.indexOf(readBack(disk.afterCrash(random)));
      assert.ok(left >= 0, `after a crash at call ${call}, seed ${SEED}`);
      assert.ok(!isPromised || left === 1, 'what SAVE promised is there');
      found[left]!++;
    }
  }
  assert.ok(found[0]! > 0 && found[1]! > 0, `both are found: ${found.join()}`);
});
