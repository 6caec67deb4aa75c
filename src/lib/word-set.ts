// A set of 32-bit words other than 0: which handles were seen already. Flat, so that no object is made for each.

/** Slots that a set starts with. */
const SLOTS_MIN = 64;

export class WordSet {
  private slots = new Int32Array(SLOTS_MIN);
  private count = 0;

  /** Empties the set, and makes room for about `expected` words. */
  clear(expected: number): void {
    let length = SLOTS_MIN;
    while (length < expected * 2) length *= 2;
    if (this.slots.length !== length) this.slots = new Int32Array(length);
    else this.slots.fill(0);
    this.count = 0;
  }

  /** Adds a word; false when it is there already. */
  add(word: number): boolean {
    if (this.count * 2 >= this.slots.length) this.grow();
    const { slots } = this;
    let at = slotOf(word, slots.length);
    while (slots[at] !== 0) {
      if (slots[at] === word) return false;
      at = (at + 1) & (slots.length - 1);
    }
    slots[at] = word;
    this.count++;
    return true;
  }

  private grow(): void {
    const before = this.slots;
    this.slots = new Int32Array(before.length * 2);
    this.count = 0;
    for (const word of before) if (word !== 0) this.add(word);
  }
}

/** The multiplier is 2^32 divided by the golden ratio: neighbouring words spread over all slots (Knuth, 6.4). */
function slotOf(word: number, length: number): number {
  return (Math.imul(word, 0x9e3779b1) >>> 7) & (length - 1);
}
