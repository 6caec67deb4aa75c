// Listpacks against an array of texts. Random inserts, removals and replacements anywhere, then every way of reading; and
// mutated packs, which `validate` must refuse or which can be walked within their bytes. CINNABAR_SEED and
// CINNABAR_OPERATIONS choose; the seed is printed. The unit test runs a short one.

import assert from 'node:assert/strict';
import { fuzzByHand } from '../../tests/support/fuzzing.ts';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { Listpack, PACK_EMPTY_BYTES } from './listpack.ts';

/** Texts on both sides of every limit of the format. */
export function randomText(prng: Prng): string {
  switch (prng.below(8)) {
    case 0:
      return String(prng.below(300) - 100);
    case 1:
      return String(BigInt(prng.next32()) * BigInt(2 ** prng.below(33)) + BigInt(prng.below(3)));
    case 2:
      return String((prng.below(2) === 0 ? 1 : -1) * 2 ** prng.below(53) + prng.below(3) - 1);
    case 3:
      return 'x'.repeat([0, 1, 62, 63, 64, 65, 124, 125, 126, 127][prng.below(10)]!);
    case 4:
      return prng.below(20) === 0 ? 'y'.repeat([4094, 4095, 4096, 16379, 16380, 16381, 16382][prng.below(7)]!) : '007';
    case 5:
      return ['', '-', '-0', '+5', ' 5', '9223372036854775807', '-9223372036854775808', '9223372036854775808'][
        prng.below(8)
      ]!;
    default:
      return `member:${prng.below(50)}`;
  }
}

/** A pack that grows and shrinks as its owner edits it, somewhere in a larger array. */
export class EditedPack {
  readonly listpack = new Listpack();
  bytes = new Uint8Array(64);
  readonly pack = 5;
  length = PACK_EMPTY_BYTES;
  readonly texts: string[] = [];

  constructor() {
    this.listpack.writeEmpty(this.bytes, this.pack);
  }

  /** Replaces `removed` entries from `index` on by one of `text`, or by none when it is null. */
  edit(index: number, removed: number, text: string | null): void {
    const { listpack, pack } = this;
    let at = index === this.texts.length ? pack + this.length - 1 : listpack.seek(this.bytes, pack, index);
    let until = at;
    for (let i = 0; i < removed; i++) until = listpack.next(this.bytes, until);
    const source = fromLatin1(`<${text ?? ''}>`);
    const inserted = text === null ? 0 : listpack.entryBytes(source, 1, source.length - 1);
    const length = this.length - (until - at) + inserted;
    const edited = new Uint8Array(pack + length + 9).fill(0xee);
    edited.set(this.bytes.subarray(0, at));
    edited.set(this.bytes.subarray(until, pack + this.length), at + inserted);
    this.bytes = edited;
    if (text !== null) {
      const end = listpack.write(edited, at, source, 1, source.length - 1);
      assert.equal(end, at + inserted, 'an entry is as long as was said');
      at = end;
    }
    this.length = length;
    this.texts.splice(index, removed, ...(text === null ? [] : [text]));
    listpack.setHeader(edited, pack, length, this.texts.length);
  }

  textAt(at: number): string {
    this.listpack.read(this.bytes, at);
    return toLatin1(this.listpack.bytes, this.listpack.start, this.listpack.end);
  }

  check(prng: Prng): void {
    const { listpack, bytes, pack, texts } = this;
    assert.ok(listpack.validate(bytes, pack, this.length), 'an edited pack is valid');
    assert.equal(listpack.count(bytes, pack), texts.length);
    assert.equal(listpack.total(bytes, pack), this.length);
    let at = listpack.first(bytes, pack);
    let before = -1;
    for (const text of texts) {
      assert.equal(this.textAt(at), text);
      assert.equal(
        listpack.isInteger,
        /^(0|-?[1-9]\d*)$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text),
      );
      assert.equal(listpack.previous(bytes, pack, at), before);
      before = at;
      at = listpack.next(bytes, at);
    }
    assert.ok(listpack.isEnd(bytes, at));
    assert.equal(listpack.last(bytes, pack), before);
    const wanted = texts.length > 0 && prng.below(3) > 0 ? texts[prng.below(texts.length)]! : randomText(prng);
    const needle = fromLatin1(wanted);
    const from = prng.below(texts.length + 1);
    const step = 1 + prng.below(3);
    let expected = -1;
    for (let i = from; i < texts.length && expected < 0; i += step) if (texts[i] === wanted) expected = i;
    const start = from === texts.length ? pack + this.length - 1 : listpack.seek(bytes, pack, from);
    const found = listpack.find(bytes, pack, start, needle, 0, needle.length, step);
    assert.equal(found, expected < 0 ? -1 : listpack.seek(bytes, pack, expected));
    if (found >= 0) assert.ok(listpack.equals(bytes, found, needle, 0, needle.length));
    const index = prng.below(texts.length * 2 + 3) - texts.length - 1;
    const place = listpack.seek(bytes, pack, index);
    assert.equal(place < 0 ? undefined : this.textAt(place), texts.at(index));
  }
}

/** A valid pack with some bytes changed: refused, or walked within its bytes both ways. */
function checkMutated(edited: EditedPack, prng: Prng): void {
  const { listpack, pack } = edited;
  const bytes = edited.bytes.slice(0, pack + edited.length);
  for (let changes = 1 + prng.below(3); changes > 0; changes--) {
    bytes[pack + prng.below(edited.length)] = prng.below(3) === 0 ? 0xf0 | prng.below(6) : prng.below(256);
  }
  const length = prng.below(8) === 0 ? Math.max(0, edited.length - prng.below(9)) : edited.length;
  if (!listpack.validate(bytes, pack, length)) return;
  let at = listpack.first(bytes, pack);
  for (let i = listpack.count(bytes, pack); i > 0; i--) {
    listpack.read(bytes, at);
    assert.ok(listpack.end <= listpack.bytes.length && listpack.start <= listpack.end);
    const next = listpack.next(bytes, at);
    assert.equal(listpack.previous(bytes, pack, next), at);
    at = next;
  }
  assert.equal(at, pack + length - 1);
}

/** Runs so many edits; throws when a pack reads other than the array does. */
export function fuzzListpack(seed: number, steps: number): void {
  const prng = new Prng(seed);
  let edited = new EditedPack();
  for (let step = 0; step < steps; step++) {
    try {
      const count = edited.texts.length;
      const index = prng.below(count + 1);
      const removed = Math.min(prng.below(3), count - index);
      edited.edit(index, removed, prng.below(5) === 0 ? null : randomText(prng));
      edited.check(prng);
      checkMutated(edited, prng);
      if (prng.below(60) === 0) edited = new EditedPack();
    } catch (error) {
      throw new Error(`seed ${seed}, step ${step}`, { cause: error });
    }
  }
}

if (import.meta.main) fuzzByHand(fuzzListpack, 50_000);
