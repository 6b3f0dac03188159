/** One step of splitmix32: spreads a number over all 32 bits. */
function scramble(value: number): number {
  let mixed = (value + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}

/** Draws that depend on their seeds and on nothing else: the same seeds give the same draws. */
export class Draws {
  #state = 0;

  constructor(...seeds: number[]) {
    for (const seed of seeds) this.#state = scramble(this.#state ^ seed);
  }

  /** In [0, 1). */
  share(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return (scramble(this.#state) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `below` - 1. */
  whole(below: number): number {
    return Math.floor(this.share() * below);
  }

  /** A whole number from `low` to `high`. */
  between(low: number, high: number): number {
    return low + this.whole(high - low + 1);
  }

  /** True in so many of 100 cases. */
  percent(cases: number): boolean {
    return this.share() * 100 < cases;
  }

  /** One of a list; undefined when it is empty. */
  pick<T>(list: readonly T[]): T | undefined {
    // Drawn in any case, so that what is drawn next does not depend on the list.
    return list[this.whole(list.length)];
  }

  /** One of a list that is not empty. */
  oneOf<T>(...list: readonly [T, ...T[]]): T {
    return this.pick(list) ?? list[0];
  }

  /** A key of a table of weights. */
  weighted<K extends string>(weights: readonly (readonly [K, number])[]): K {
    let rest = this.share() * weights.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of weights) {
      rest -= weight;
      if (rest < 0) return key;
    }
    throw new RangeError("nothing to choose from");
  }

  /** A uuid: keys that a client chooses are part of the plan, too. */
  uuid(): string {
    const hex = Array.from({ length: 4 }, () =>
      this.whole(2 ** 32)
        .toString(16)
        .padStart(8, "0"),
    ).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}
