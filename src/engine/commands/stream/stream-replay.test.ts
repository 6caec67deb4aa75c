// Whatever commands do to streams, a second engine that is told the propagated commands comes to the same: groups, owners,
// deliveries and times as well as entries. Every step is checked, memory at the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../../../tests/support/engine-harness.ts';
import { Prng } from '../../../lib/prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const STEPS = Number(process.env['CINNABAR_OPERATIONS'] ?? 1500);

class Steps {
  private readonly prng: Prng;
  private next = 1;

  constructor(seed: number) {
    this.prng = new Prng(seed);
  }

  step(): string {
    const key = this.pick(['s', 't']);
    const group = this.pick(['g', 'h']);
    const consumer = this.pick(['ann', 'bob', 'eve']);
    const policy = this.pick(['', ' KEEPREF', ' DELREF', ' ACKED']);
    const ids = Array.from({ length: 1 + this.prng.below(3) }, () => this.id());
    const read = `XREADGROUP GROUP ${group} ${consumer}`;
    const count = this.pick(['', ' COUNT 1', ' COUNT 3', ' MAXCOUNT 2', ' MAXSIZE 90']);
    return this.pick([
      () => this.add(key, policy),
      () => this.add(key, policy),
      () => this.add(key, policy),
      () => `${read}${count} STREAMS ${key} >`,
      () => `${read}${count} STREAMS ${key} >`,
      () => `${read} NOACK STREAMS s t > >`,
      () => `${read}${count} CLAIM ${this.pick(['0', '5', '40'])} STREAMS ${key} >`,
      () => `XGROUP CREATE ${key} ${group} ${this.pick(['0', '$'])} MKSTREAM`,
      () => `XACK ${key} ${group} ${ids.join(' ')}`,
      () => `XNACK ${key} ${group} ${this.pick(['SILENT', 'FAIL', 'FATAL'])} IDS ${ids.length} ${ids.join(' ')}`,
      () => `XNACK ${key} ${group} FAIL FORCE RETRYCOUNT 3 IDS ${ids.length} ${ids.join(' ')}`,
      () =>
        `XCLAIM ${key} ${group} ${consumer} ${this.pick(['0', '30'])} ${ids.join(' ')}${this.pick(['', ' FORCE', ' JUSTID', ' IDLE 7', ' RETRYCOUNT 9', ' LASTID 5-0'])}`,
      () =>
        `XAUTOCLAIM ${key} ${group} ${consumer} ${this.pick(['0', '30'])} ${this.id()} COUNT ${1 + this.prng.below(4)}`,
      () => `XDEL ${key} ${ids.join(' ')}`,
      () => `XDELEX ${key}${policy} IDS ${ids.length} ${ids.join(' ')}`,
      () => `XACKDEL ${key} ${group}${policy} IDS ${ids.length} ${ids.join(' ')}`,
      () => `XTRIM ${key} MAXLEN ${this.pick(['', '~ '])}${this.prng.below(30)}${policy}`,
      () => `XTRIM ${key} MINID ${this.pick(['', '~ '])}${this.id()}${policy}`,
      () => `XGROUP ${this.pick(['DELCONSUMER', 'CREATECONSUMER'])} ${key} ${group} ${consumer}`,
      () =>
        this.prng.below(6) === 0
          ? this.pick([`XGROUP DESTROY ${key} ${group}`, `XGROUP SETID ${key} ${group} 3`])
          : 'PING',
      () => (this.prng.below(30) === 0 ? this.pick([`DEL ${key}`, 'COPY s t REPLACE', 'RENAME t s']) : 'PING'),
    ])();
  }

  private add(key: string, policy: string): string {
    this.next += this.prng.below(3) === 0 ? 1 : 0;
    const fields = this.pick(['f 1', 'f 2', 'g abc', 'f 1 h 2']);
    const trim = this.pick(['', '', '', `${policy} MAXLEN ~ 20`, ' MAXLEN 25', ` MINID ~ ${this.id()}`]);
    const producer = this.prng.below(5) === 0;
    if (producer) return `XADD ${key}${trim} IDMP p${this.prng.below(2)} m${this.prng.below(9)} * ${fields}`;
    return `XADD ${key}${trim} ${this.prng.below(4) === 0 ? '*' : `${this.next}-*`} ${fields}`;
  }

  private id(): string {
    return `${Math.max(1, this.next - this.prng.below(25))}-${this.prng.below(4)}`;
  }

  private pick<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.prng.below(choices.length)]!;
  }
}

/** What a client can see of all streams, but for what is not propagated, in Redis as well: consumers that were made and got
 *  nothing, when they were last seen, messages that came again and were not added. */
function visible(harness: EngineHarness): string[] {
  const questions = ['s', 't'].flatMap((key) => [
    ['XRANGE', key, '-', '+'],
    ['XPENDING', key, 'g', '-', '+', '1000'],
    ['XPENDING', key, 'h', '-', '+', '1000'],
    ['XINFO', 'GROUPS', key],
    ['XINFO', 'STREAM', key],
  ]);
  return questions.map((question) => harness.run(...question).replace(/(consumers|iids-duplicates)\r\n:\d+/g, '$1'));
}

for (let run = 0; run < 4; run++) {
  const seed = SEED + run;
  test(`what is propagated makes the same streams, seed ${seed}`, () => {
    const one = new EngineHarness({ propagation: true });
    // Its handles are above 2^31.
    const other = new EngineHarness({ memory: { firstSegment: 1100 } });
    other.client.session.mustObey = true;
    for (const { engine } of [one, other]) engine.keyspace.streams.log.blockEntriesMax = 4;
    const steps = new Steps(seed);
    const commands: string[] = [];
    for (let step = 0; step < STEPS; step++) {
      const command = steps.step();
      commands.push(command);
      one.run(...command.split(' '));
      for (const line of one.takePropagated()) other.run(...line.split(' ').slice(1));
      one.engine.check();
      if (step % 5 === 0) assert.deepEqual(visible(other), visible(one), `after ${commands.slice(-8).join('\n')}`);
      const ms = step % 3 === 0 ? 10 : 0;
      one.advance(ms);
      other.advance(ms);
    }
    other.engine.check();
    for (const harness of [one, other]) {
      harness.run('DEL', 's', 't');
      harness.engine.check();
    }
  });
}
