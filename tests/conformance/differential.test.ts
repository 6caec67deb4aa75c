// Generated commands against a real redis-server 7.0.15: every reply byte for byte, and after each batch the whole
// keyspace. A failure prints the shortest sequence that still differs, and the seed.
//
//   CINNABAR_SEED=7 CINNABAR_COMMANDS=500000 npm test -- tests/conformance/differential.test.ts
//   CINNABAR_GROUPS=set,generic …      only the commands of these groups

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { SKIP_WITHOUT_REDIS } from '../support/redis-server.ts';
import { CommandGenerator } from './command-generator.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { LEFT_OUT } from './left-out.ts';
import { NORMALISED } from './normalised-replies.ts';
import { type Mismatch, Pair } from './pair.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const COMMANDS = Number(process.env['CINNABAR_COMMANDS'] ?? 100_000);
const GROUPS = process.env['CINNABAR_GROUPS']?.split(',');
const CHOSEN = ENGINE_COMMANDS.filter(({ group }) => GROUPS?.includes(group) ?? true);
const BATCH = 80;

/** Leaves commands out as long as the rest still differs. */
async function shrink(
  pair: Pair,
  commands: readonly string[][],
): Promise<{ commands: string[][]; mismatch: Mismatch }> {
  let shortest = [...commands];
  let mismatch = (await pair.compare(shortest))!;
  if (mismatch === null) return { commands: shortest, mismatch };
  shortest = shortest.slice(0, mismatch.index + 1);
  for (let size = Math.ceil(shortest.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < shortest.length; ) {
      const fewer = [...shortest.slice(0, at), ...shortest.slice(at + size)];
      const still = fewer.length > 0 ? await pair.compare(fewer) : null;
      if (still === null) at += size;
      else {
        shortest = fewer;
        mismatch = still;
      }
    }
  }
  return { commands: shortest, mismatch };
}

function show(text: string): string {
  return JSON.stringify(text.length > 400 ? `${text.slice(0, 400)}… (${text.length})` : text);
}

describe('what the comparison leaves out', () => {
  it('is named with a reason, and exists', () => {
    const names = ENGINE_COMMANDS.flatMap((each) => [each, ...each.subcommands]).map((each) => each.name);
    for (const name of Object.keys(LEFT_OUT)) assert.ok(names.includes(name), name);
    for (const { commands } of NORMALISED) for (const name of commands) assert.ok(names.includes(name), name);
  });
});

describe('commands answered as redis-server answers them', { skip: SKIP_WITHOUT_REDIS }, () => {
  let pair: Pair;
  before(async () => {
    pair = await Pair.start();
  });
  after(async () => {
    await pair.stop();
  });

  it(`${COMMANDS} generated commands, seed ${SEED}`, async () => {
    const generator = new CommandGenerator(SEED, CHOSEN);
    while (pair.count < COMMANDS) {
      await pair.limit(generator.limits());
      const batch = generator.batch(BATCH);
      const mismatch = await pair.compare(batch);
      if (mismatch === null) continue;
      const { commands, mismatch: shortest } = await shrink(pair, batch);
      const found = shortest ?? mismatch;
      assert.fail(
        [
          `seed ${SEED}, after ${pair.count} commands:`,
          ...commands.map((command) => `  ${command.map((word) => show(word)).join(' ')}`),
          `at  ${found.command.map((word) => show(word)).join(' ')}`,
          `ours   ${show(found.ours)}`,
          `theirs ${show(found.theirs)}`,
        ].join('\n'),
      );
    }
    pair.engine.check();
  });

  for (const difference of KNOWN_DIFFERENCES) {
    it(`has a test of its own: ${difference.what}`, () => {
      const [path, name] = difference.test.split(': ');
      assert.ok(
        readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8').includes(name!),
        `${path} has a test "${name}"`,
      );
    });
    it(`still differs: ${difference.what}`, async () => {
      const ours = await pair.differs(difference.example);
      assert.ok(ours, 'both answer the same now: take the line out of known-differences.ts');
    });
  }
});
