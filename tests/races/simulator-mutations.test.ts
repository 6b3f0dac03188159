import { afterEach, describe, expect, it } from "vitest";
import { MUTATIONS, type Mutation } from "@/tests/support/simulator/mutations";
import { WalkFailure, walk } from "@/tests/support/simulator/walk";
import { World } from "@/tests/support/simulator/world";

/*
 * The test of the test: a walk that could not fail would prove nothing. Each of these defects is
 * planted into a database of its own, and the walk of the simulator has to stumble over it.
 */

/** For the product as it is; a defect gets as many again, since it is a matter of luck. */
const SEEDS = [1, 2, 3];
/** Actions per seed. */
const STEPS = 600;

let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

/** What the first walk that fails has to say; null when all of them arrive. */
async function stumble(
  opened: World,
  seeds: readonly number[],
  favourite?: Mutation["favourite"],
): Promise<WalkFailure | null> {
  for (const seed of seeds) {
    try {
      await walk(opened, { seed, steps: STEPS, favourite });
    } catch (error) {
      if (error instanceof WalkFailure) return error;
      throw error;
    }
  }
  return null;
}

describe("the simulator", () => {
  it("walks through the product as it is", async () => {
    world = await World.open();
    expect(await stumble(world, SEEDS)).toBeNull();
  });

  it.each(MUTATIONS)("finds $name", async ({ name, favourite, plant }) => {
    world = await World.open(plant);
    const found = await stumble(world, [...SEEDS, 4, 5, 6], favourite);
    expect(found).toBeInstanceOf(WalkFailure);
    console.log(`${name}: seed ${found?.seed}, ${found?.steps} actions, ${found?.violations[0]}`);
  });

  it.each(MUTATIONS.flatMap(({ favourite }) => (favourite ? [favourite.join(", ")] : [])))(
    "meets nothing wrong among %s either",
    async (names) => {
      world = await World.open();
      const favourite = MUTATIONS.find((one) => one.favourite?.join(", ") === names)?.favourite;
      await walk(world, { seed: 1, steps: STEPS / 2, favourite });
    },
  );
});
