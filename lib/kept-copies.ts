/**
 * Copies of what everybody gets alike, kept for seconds. A copy that got old is still better than a
 * page that fails: it is shown while the original is slow or does not come.
 */

/** The front of the site and the bundles of Next.js load this file more than once in a process. */
const KEY = Symbol.for("referral-rewards.kept-copies");
const shared = globalThis as { [KEY]?: number };

/** Nothing that was copied before is shown as fresh any more, in this process. */
export function forgetCopies(): void {
  shared[KEY] = (shared[KEY] ?? 0) + 1;
}
const generation = (): number => shared[KEY] ?? 0;

export interface KeepingTimes {
  /** So long a copy counts as fresh, in milliseconds; 0: each is made anew. */
  freshMs: number;
  /** So long a new copy is waited for while there is an old one, in milliseconds. */
  patienceMs: number;
  /** So long an old copy may be shown at all, in milliseconds. */
  longestMs: number;
}

/** What visitors may be shown of an older day: a page after two seconds, and nothing older than a day. */
export const PUBLIC_PATIENCE = { patienceMs: 2_000, longestMs: 24 * 60 * 60 * 1000 } as const;

interface Copy<T> {
  value: T;
  /** By the process's steady clock, in milliseconds. */
  madeAt: number;
  generation: number;
}

interface Place<T> {
  copy: Copy<T> | null;
  making: { copy: Promise<Copy<T>>; generation: number } | null;
  /** The last one failed or came too late. */
  isLate: boolean;
}

/** Copies by name. */
export class KeptCopies<T> {
  private readonly places = new Map<string, Place<T>>();

  /** @param now a steady clock in milliseconds. */
  constructor(
    private readonly times: KeepingTimes,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * The copy of this name, made when there is no fresh one. Whoever asks while it is made waits for
   * the same one.
   *
   * @throws what `make` throws, when there is no copy that may be shown.
   */
  async get(name: string, make: () => Promise<T>): Promise<T> {
    const place = this.placeOf(name);
    const { freshMs, longestMs } = this.times;
    const known = place.copy;
    if (known && this.ageOf(known) < freshMs && known.generation === generation()) {
      return known.value;
    }
    const making = this.begin(place, make);
    if (!known || this.ageOf(known) >= longestMs) return (await making).value;
    // While the original is late, nobody but the first waits for it.
    const made = await this.patiently(making, place.isLate ? 0 : this.times.patienceMs);
    place.isLate = made === null;
    return (made ?? known).value;
  }

  private placeOf(name: string): Place<T> {
    const known = this.places.get(name);
    if (known) return known;
    const made: Place<T> = { copy: null, making: null, isLate: false };
    this.places.set(name, made);
    return made;
  }

  private ageOf(copy: Copy<T>): number {
    return this.now() - copy.madeAt;
  }

  private begin(place: Place<T>, make: () => Promise<T>): Promise<Copy<T>> {
    const { making } = place;
    const isShared = this.times.freshMs > 0 && making?.generation === generation();
    if (making && isShared) return making.copy;
    const begun = { madeAt: this.now(), generation: generation() };
    const copy = make().then((value) => {
      const made = { value, ...begun };
      if (!place.copy || place.copy.madeAt <= made.madeAt) place.copy = made;
      place.isLate = false;
      return made;
    });
    const current = { copy, generation: begun.generation };
    place.making = current;
    const done = () => {
      if (place.making === current) place.making = null;
    };
    copy.then(done, done);
    return copy;
  }

  /** The copy that is being made; null when it fails, or does not come in time. */
  private async patiently(making: Promise<Copy<T>>, waitMs: number): Promise<Copy<T> | null> {
    const failed = making.catch(() => null);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), waitMs);
    });
    try {
      return await Promise.race([failed, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
