import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LaterTasks } from './later-tasks.ts';

test('tasks run in order, outside of the call that added them, and what they add runs after them', async () => {
  const order: string[] = [];
  const later = new LaterTasks(() => {});
  await new Promise<void>((resolve) => {
    later.add(() => {
      order.push('first');
      later.add(() => {
        order.push('third');
        resolve();
      });
    });
    later.add(() => order.push('second'));
    order.push('before');
  });
  assert.deepEqual(order, ['before', 'first', 'second', 'third']);
});

test('what a task throws goes to fatal, and the other tasks run', async () => {
  const errors: unknown[] = [];
  const later = new LaterTasks((error) => errors.push(error));
  await new Promise<void>((resolve) => {
    later.add(() => {
      throw new Error('bad task');
    });
    later.add(resolve);
  });
  assert.equal(String(errors[0]), 'Error: bad task');
});
