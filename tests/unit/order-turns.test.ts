import { availableParallelism } from "node:os";
import { expect, it } from "vitest";
import { inTurn } from "@/lib/composition/order-turns";

const AT_ONCE = 2 * availableParallelism();

it("lets few orders work at once, in the order of arrival, and loses none", async () => {
  const began: number[] = [];
  const finish: (() => void)[] = [];
  const orders = Array.from({ length: AT_ONCE + 2 }, (_, n) =>
    inTurn(async () => {
      began.push(n);
      await new Promise<void>((resolve) => finish.push(resolve));
      if (n === 1) throw new Error("this order failed");
      return n;
    }),
  );
  const settled = Promise.allSettled(orders);
  await new Promise(setImmediate);
  expect(began).toHaveLength(AT_ONCE);

  for (let n = 0; n < orders.length; n += 1) {
    finish[n]?.();
    await new Promise(setImmediate);
  }
  // One that fails gives its turn to the next all the same.
  expect((await settled).map(({ status }) => status)).toEqual(
    orders.map((_, n) => (n === 1 ? "rejected" : "fulfilled")),
  );
  expect(began).toEqual(orders.map((_, n) => n));
});

it("does nothing for an order whose turn came too late", async () => {
  let now = 0;
  let isDone = false;
  const late = inTurn(
    async () => {
      isDone = true;
    },
    () => {
      now += 30_001;
      return now;
    },
  );
  await expect(late).rejects.toMatchObject({ code: "unavailable" });
  expect(isDone).toBe(false);
});
