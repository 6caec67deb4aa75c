import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';
import { meanOf, turns, undisturbed } from '../../../tests/support/welch.ts';
import { Prng } from '../../lib/prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
/** AUTH is tried so often for each of two cases that are compared; tests/integration/auth-timing.test.ts tries it from outside. */
const TRIES = Number(process.env['CINNABAR_TRIES'] ?? 10_000);
/** Tries before any is timed: until the code is compiled for good. */
const WARM_UP = 20_000;
/**
 * As a share of the time. Of some 4000 ns where things lie in memory makes ten; that digests of users who are not there were
 * texts of another kind made 140.
 */
const DIFFERENCE_MAX = 70 / 4000;
/** A difference that is there is there each time; one by chance, or by what else the machine does, is not. */
const ROUNDS = 4;
/** Times of two actions, in turns chosen at random. */
function timesOf(random: Prng, actions: readonly [() => void, () => void]): [number[], number[]] {
  const times: [number[], number[]] = [[], []];
  for (const which of turns(random, TRIES)) {
    const start = performance.now();
    actions[which]();
    times[which].push(performance.now() - start);
  }
  return undisturbed(times);
}

/** Users of each kind: the place of one name in memory must not be taken for a difference between kinds. */
const NAMES = 24;

it(`AUTH does the same work whatever is wrong, seed ${SEED}`, () => {
  const { client } = new EngineHarness();
  const random = new Prng(SEED);
  const five = ['1', '2', '3', '4', '5'].map((word) => `>password-${word}`);
  const kinds: [string, string[] | null][] = [
    ['known', ['on', '>correct-horse']],
    ['alike', ['on', '>correct-horse']],
    ['is-on', ['on', '>correct-horse']],
    ['noone', null],
    ['isoff', ['off', '>correct-horse']],
    ['five5', ['on', ...five]],
    ['empty', ['on']],
  ];
  const namesOf = (kind: string) => Array.from({ length: NAMES }, (_, index) => `${kind}-${index + 10}`);
  for (const [kind, rules] of kinds) {
    if (rules !== null) for (const name of namesOf(kind)) client.run('ACL', 'SETUSER', name, ...rules);
  }
  /** Tries a password for one of the users of a kind. */
  const attempts = (kind: string, password: string): (() => void) => {
    const names = namesOf(kind);
    return () => {
      assert.equal(client.run('AUTH', names[random.below(NAMES)]!, password)[0], '-');
    };
  };
  const usual = attempts('known', 'wrong-donkey!');
  const cases: [string, () => void][] = [
    ['another user', attempts('alike', 'wrong-donkey!')],
    ['a password that begins as the right one', attempts('is-on', 'correct-hors!')],
    ['nobody of that name', attempts('noone', 'wrong-donkey!')],
    ['a user who is off, with the right password', attempts('isoff', 'correct-horse')],
    ['a user with five passwords', attempts('five5', 'wrong-donkey!')],
    ['a user without a password', attempts('empty', 'wrong-donkey!')],
  ];
  for (let turn = 0; turn < WARM_UP; turn++) cases[turn % cases.length]![1]();
  for (const [what, other] of cases) {
    let difference = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS && Math.abs(difference) >= DIFFERENCE_MAX; round++) {
      const [times, others] = timesOf(random, [usual, other]);
      difference = meanOf(others) / meanOf(times) - 1;
    }
    assert.ok(Math.abs(difference) < DIFFERENCE_MAX, `${what}: ${(difference * 100).toFixed(1)} %, seed ${SEED}`);
  }
});

it('requirepass is the only password of the default user until other rules are given', () => {
  const { engine, client } = new EngineHarness();
  const { users } = engine.acl;
  client.run('ACL', 'SETUSER', 'default', '>one', '>two');
  engine.acl.setDefaultPassword('three');
  assert.deepEqual(
    ['one', 'two', 'three', ''].map((password) => users.authenticate('default', password) !== null),
    [false, false, true, false],
  );
  engine.acl.setDefaultPassword('');
  assert.equal(users.authenticate('default', 'any'), users.default);
  client.run('ACL', 'SETUSER', 'default', 'off');
  assert.equal(users.authenticate('default', 'any'), null);
});

it('names of properties are names of users as any other', () => {
  const { client } = new EngineHarness();
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.match(client.run('AUTH', name, 'x'), /^-WRONGPASS/);
    assert.equal(client.run('ACL', 'GETUSER', name), '$-1\r\n');
    assert.equal(client.run('ACL', 'SETUSER', name, 'on', '>x'), '+OK\r\n');
    assert.equal(client.run('AUTH', name, 'x'), '+OK\r\n');
    client.run('AUTH', 'default', 'x');
  }
});
