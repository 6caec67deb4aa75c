// A fuzzer for stream logs: entries are added, removed and trimmed, and walked in both directions, beside an array.
// CINNABAR_SEED and CINNABAR_OPERATIONS choose; the seed is printed.

import { fuzzByHand, isChecked } from '../../tests/support/fuzzing.ts';
import { assert } from '../lib/assert.ts';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory } from '../memory/flat-memory.ts';
import { ID_WHOLE, StreamId } from './stream-id.ts';
import { FIRST_ID, LAST_ID, StreamLog } from './stream-log.ts';

interface Entry {
  readonly id: string;
  readonly texts: readonly string[];
}

const FIELDS = ['temp', 'humidity', '12', '-5', 'x'.repeat(70), ''];
const VALUES = ['1', '63', '64', '-4097', '9007199254740993', 'yes', 'y'.repeat(300), '', '99999999'];

const STEPS_OF_A_LOG = 20_000;

class Run {
  private readonly prng: Prng;
  private readonly memory = new FlatMemory({});
  private readonly log = new StreamLog(this.memory);
  private readonly root: number;
  private readonly id = new StreamId();
  private readonly from = new StreamId();
  private readonly to = new StreamId();
  private readonly walk = this.log.walk();
  private model: Entry[] = [];
  /** The id that was removed last, with how many entries were before it then. */
  private gone: { readonly id: string; readonly before: number } | null = null;

  constructor(seed: number) {
    this.prng = new Prng(seed);
    this.log.blockEntriesMax = [100, 3, 0, 300][this.prng.below(4)]!;
    this.log.blockBytesMax = [4096, 200, 0][this.prng.below(3)]!;
    this.root = this.log.create();
    this.id.setTime(1);
  }

  step(): void {
    const kind = this.prng.below(20);
    if (kind < 10) this.add();
    else if (kind < 15) this.remove();
    else if (kind < 16) this.trim();
    else this.range();
    assert(this.log.length(this.root) === this.model.length, 'entries are counted');
  }

  size(): number {
    return this.model.length;
  }

  check(): void {
    this.log.check(this.root);
  }

  end(): void {
    const copy = this.log.copy(this.root);
    this.log.check(copy);
    for (const root of [copy, this.root]) {
      while (this.log.disposeLog(root));
      this.log.freeRoot(root);
    }
    assert(this.memory.blockCount() === 0, 'all is freed');
  }

  private add(): void {
    const { prng, id } = this;
    const pairs = prng.below(prng.below(10) === 0 ? 40 : 3) + 1;
    const texts: string[] = [];
    const other = prng.below(5) === 0;
    for (let pair = 0; pair < pairs; pair++) {
      texts.push(FIELDS[other ? prng.below(FIELDS.length) : pair % 2]!, VALUES[prng.below(VALUES.length)]!);
    }
    const jump = prng.below(20);
    if (jump === 0) id.msHigh += 1 + prng.below(1 << 12);
    else if (jump < 5) id.msLow += prng.below(70000);
    if (jump === 6) id.seqHigh = prng.next32();
    if (jump === 7) id.seqLow = -3;
    id.increment();
    this.log.readId(this.root, LAST_ID, this.from);
    if (id.compare(this.from) <= 0) {
      id.set(this.from);
      if (!id.increment()) return;
    }
    const source = fromLatin1(texts.join(''));
    const starts = new Int32Array(texts.length);
    const ends = new Int32Array(texts.length);
    let at = 0;
    texts.forEach((text, index) => {
      starts[index] = at;
      at += text.length;
      ends[index] = at;
    });
    this.log.append(this.root, id, source, starts, ends, 0, texts.length, source.length);
    this.model.push({ id: textOf(id), texts });
  }

  private remove(): void {
    if (this.model.length === 0) return;
    const at = this.prng.below(3) === 0 ? 0 : this.prng.below(this.model.length);
    setTo(this.from, this.model[at]!.id);
    assert(this.log.remove(this.root, this.from, true), 'what is there is removed');
    assert(!this.log.remove(this.root, this.from, true), 'once');
    this.gone = { id: this.model[at]!.id, before: at };
    this.model.splice(at, 1);
    this.log.readId(this.root, FIRST_ID, this.to);
    assert(textOf(this.to) === (this.model[0]?.id ?? '0-0'), 'the first id is known');
  }

  private trim(): void {
    const gone = this.gone;
    this.gone = null;
    const byGone = gone !== null && this.prng.below(3) === 0;
    const keep = byGone ? gone.before : this.prng.below(this.model.length + 3);
    const approximate = this.prng.below(2) === 0;
    const limit = approximate ? this.prng.below(3) * 50 : 0;
    let removed: number;
    if (!byGone && (this.prng.below(2) === 0 || keep >= this.model.length)) {
      removed = this.log.trim(this.root, keep, null, approximate, limit);
      if (!approximate) assert(removed === Math.max(0, this.model.length - keep), 'as many go as are too many');
    } else {
      setTo(this.from, byGone ? gone.id : this.model[keep]!.id);
      removed = this.log.trim(this.root, 0, this.from, approximate, limit);
      if (!approximate) assert(removed === keep, 'those before an id go');
      assert(removed <= keep, 'no others go');
    }
    this.model.splice(0, removed);
  }

  private range(): void {
    const { prng, model, walk } = this;
    const first = prng.below(model.length + 1);
    const last = first + prng.below(30);
    if (first >= model.length) return;
    const expected = model.slice(first, last + 1);
    setTo(this.from, expected[0]!.id);
    setTo(this.to, expected.at(-1)!.id);
    if (prng.below(3) === 0 && first === 0) this.from.setMin();
    const backwards = prng.below(2) === 0;
    if (backwards) expected.reverse();
    this.log.begin(walk, this.root, this.from, this.to, backwards);
    for (const entry of expected) {
      assert(walk.next(), 'a walk comes by what is there');
      assert(textOf(walk.id) === entry.id, 'in order');
      assert(walk.pairs * 2 === entry.texts.length, 'with its pairs');
      const read = prng.below(entry.texts.length + 1);
      for (let index = 0; index < read; index++) {
        walk.nextText();
        assert(toLatin1(walk.bytes, walk.start, walk.end) === entry.texts[index], 'and its texts');
      }
    }
    assert(!walk.next(), 'and by nothing else');
  }
}

function textOf(id: StreamId): string {
  const bytes = new Uint8Array(41);
  return toLatin1(bytes, 0, id.write(bytes, 0));
}

function setTo(id: StreamId, text: string): void {
  const bytes = fromLatin1(text);
  assert(id.parse(bytes, 0, bytes.length) === ID_WHOLE, 'an id is an id');
}

/** Runs so many steps; throws, naming the seed, when the log and its model differ. */
export function fuzzStreamLog(seed: number, operations: number): void {
  // One log after the other: each has limits of its own.
  for (let done = 0; done < operations; done += STEPS_OF_A_LOG) {
    const run = new Run(seed + done);
    try {
      for (let step = 0; step < Math.min(STEPS_OF_A_LOG, operations - done); step++) {
        run.step();
        if (isChecked(run.size(), step)) run.check();
      }
      run.check();
      run.end();
    } catch (error) {
      throw new Error(`seed ${seed}, after ${done} steps`, { cause: error });
    }
  }
}

if (import.meta.main) fuzzByHand(fuzzStreamLog, 100_000);
