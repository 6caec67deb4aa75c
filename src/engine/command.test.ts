// What the kinds of commands promise, as the compiler sees it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadCall } from './call.ts';
import { read } from './command.ts';

const DETAILS = { group: 'generic', summary: '', since: '1.0.0', complexity: 'O(1)', replies: [] } as const;

test('a read command that changes the keyspace does not compile', () => {
  function change(call: ReadCall, handle: number): void {
    // @ts-expect-error: readers do not delete
    call.keyspace.removeFound(call.database, handle);
    // @ts-expect-error: nor set
    call.keyspace.setDeadline(call.database, handle, 0);
    // @ts-expect-error: nor write into values
    call.strings.resize(handle, 10);
    // @ts-expect-error: nor touch the access clock but by looking
    call.access.touch(handle);
    // @ts-expect-error: nor reach what could
    assert.ok(call.engine);
  }
  assert.equal(read('LOOK', DETAILS, (call) => change(call, call.find(1))).kind, 'read');
});
