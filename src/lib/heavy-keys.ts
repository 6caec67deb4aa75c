// Which keys weigh most, out of any number of them, in bounded memory: Space-Saving (A. Metwally, D. Agrawal, A. El Abbadi,
// 2005). A key that is not counted yet takes the place of the lightest, and its weight: so none that weighs more than the
// lightest is ever missing, and a weight is too high by at most that of who was there before.

export class HeavyKeys {
  private readonly names: string[] = [];
  private readonly places = new Map<string, number>();
  private readonly weights: Float64Array;

  /** `capacity`: keys that are counted at a time. */
  constructor(capacity: number) {
    this.weights = new Float64Array(capacity);
  }

  /** Adds to a key's weight. O(capacity) for one that is not counted. */
  add(key: string, weight: number): void {
    const { names, places, weights } = this;
    const place = places.get(key);
    if (place !== undefined) {
      weights[place]! += weight;
      return;
    }
    if (names.length < weights.length) {
      places.set(key, names.length);
      weights[names.length] = weight;
      names.push(key);
      return;
    }
    let lightest = 0;
    for (let index = 1; index < weights.length; index++) if (weights[index]! < weights[lightest]!) lightest = index;
    places.delete(names[lightest]!);
    places.set(key, lightest);
    names[lightest] = key;
    weights[lightest]! += weight;
  }

  /** The heaviest, at most `count` of them, with their weights; the heaviest first. */
  heaviest(count: number): (readonly [key: string, weight: number])[] {
    const all = this.names.map((name, place) => [name, this.weights[place]!] as const);
    return all.sort(([, a], [, b]) => b - a).slice(0, count);
  }
}
