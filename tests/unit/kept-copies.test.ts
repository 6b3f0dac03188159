import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forgetCopies, KeptCopies } from "@/lib/kept-copies";

const TIMES = { freshMs: 1_000, patienceMs: 200, longestMs: 60_000 };
const made = { count: 0 };
const next = async () => {
  made.count += 1;
  return made.count;
};
const never = () => new Promise<number>(() => {});

let clock = 0;
const kept = (times = TIMES) => new KeptCopies<number>(times, () => clock);

beforeEach(() => {
  vi.useFakeTimers();
  clock = 0;
  made.count = 0;
});
afterEach(() => vi.useRealTimers());

describe("a kept copy", () => {
  test("is made once while it is fresh, and by one of all who ask at once", async () => {
    const copies = kept();
    expect(await Promise.all([1, 2, 3].map(() => copies.get("a", next)))).toEqual([1, 1, 1]);
    clock = 999;
    expect(await copies.get("a", next)).toBe(1);
    clock = 1_000;
    expect(await copies.get("a", next)).toBe(2);
    expect(await copies.get("b", next)).toBe(3);
  });

  test("counts no longer once something has changed, whoever is still making one", async () => {
    const copies = kept();
    expect(await copies.get("a", next)).toBe(1);
    forgetCopies();
    expect(await copies.get("a", next)).toBe(2);

    let finish = (_: number) => {};
    const before = new Promise<number>((resolve) => {
      finish = resolve;
    });
    clock = 2_000;
    const waiting = copies.get("a", () => before);
    clock = 2_001;
    forgetCopies();
    expect(await copies.get("a", next)).toBe(3);
    finish(-1);
    expect(await waiting).toBe(-1);
    // What was begun before the change replaces nothing that was begun after it.
    expect(await copies.get("a", next)).toBe(3);
  });

  test("is shown when it is old, while the original fails, and not beyond its time", async () => {
    const copies = kept();
    const fail = () => Promise.reject(new Error("gone"));
    await expect(copies.get("a", fail)).rejects.toThrow("gone");
    expect(await copies.get("a", next)).toBe(1);
    clock = 59_999;
    expect(await copies.get("a", fail)).toBe(1);
    clock = 60_000;
    await expect(copies.get("a", fail)).rejects.toThrow("gone");
    expect(await copies.get("a", next)).toBe(2);
  });

  test("is shown when the original takes too long; only the first waits for it", async () => {
    const copies = kept();
    expect(await copies.get("a", next)).toBe(1);
    clock = 1_000;
    const first = copies.get("a", never);
    await vi.advanceTimersByTimeAsync(199);
    const isSettled = vi.fn();
    void first.then(isSettled);
    await vi.advanceTimersByTimeAsync(0);
    expect(isSettled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toBe(1);
    const second = copies.get("a", never);
    await vi.advanceTimersByTimeAsync(0);
    expect(await second).toBe(1);
  });

  test("takes the new one as soon as it comes, and is patient again afterwards", async () => {
    const copies = kept();
    expect(await copies.get("a", next)).toBe(1);
    clock = 1_000;
    const slow = () => new Promise<number>((resolve) => setTimeout(() => resolve(7), 500));
    const first = copies.get("a", slow);
    await vi.advanceTimersByTimeAsync(200);
    expect(await first).toBe(1);
    await vi.advanceTimersByTimeAsync(300);
    expect(await copies.get("a", next)).toBe(7);
    clock = 3_000;
    const patient = copies.get(
      "a",
      () => new Promise((resolve) => setTimeout(() => resolve(8), 150)),
    );
    await vi.advanceTimersByTimeAsync(150);
    expect(await patient).toBe(8);
  });

  test("is never shown as fresh, and never shared, where nothing is kept", async () => {
    const copies = kept({ ...TIMES, freshMs: 0 });
    expect(await Promise.all([copies.get("a", next), copies.get("a", next)])).toEqual([1, 2]);
    expect(await copies.get("a", next)).toBe(3);
  });

  test("is never older than allowed, in any history", async () => {
    vi.useRealTimers();
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            wait: fc.integer({ min: 0, max: 3_000 }),
            fails: fc.boolean(),
            changes: fc.boolean(),
          }),
          { maxLength: 40 },
        ),
        async (steps) => {
          clock = 0;
          const copies = kept({ freshMs: 1_000, patienceMs: 50, longestMs: 5_000 });
          let changedAt = 0;
          for (const { wait, fails, changes } of steps) {
            clock += wait;
            if (changes) {
              forgetCopies();
              changedAt = clock;
              clock += 1;
            }
            const at = clock;
            const shown = await copies
              .get("a", () => (fails ? Promise.reject(new Error("gone")) : Promise.resolve(at)))
              .catch(() => null);
            if (shown === null) expect(fails).toBe(true);
            else if (fails) expect(at - shown).toBeLessThan(5_000);
            else {
              expect(at - shown).toBeLessThan(1_000);
              expect(shown).toBeGreaterThanOrEqual(changedAt);
            }
          }
        },
      ),
    );
  });
});
