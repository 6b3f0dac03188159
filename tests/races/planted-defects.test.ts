import type { Sql } from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type OwnDatabase, ownDatabase, sharedDatabase } from "@/tests/support/database";
import { MUTATIONS } from "@/tests/support/simulator/mutations";
import { WalkFailure, type WalkOptions, walk } from "@/tests/support/simulator/walk";
import { World } from "@/tests/support/simulator/world";

/*
 * The test of the test: a walk that could not fail would prove nothing. Each of these defects is
 * planted into a database of its own, and the walk of the simulator has to stumble over it.
 */

/** Actions per seed. */
const STEPS = 200;
/** For a defect; most show at the first. */
const SEEDS = 30;

let template: OwnDatabase;
let admin: Sql;
let world: World | null = null;
beforeAll(async () => {
  template = await ownDatabase();
  admin = sharedDatabase();
});
afterEach(async () => {
  await world?.close();
  world = null;
});
afterAll(async () => {
  await template?.drop();
  await admin?.end();
});

/** A world of its own, on a database that was changed like this. */
async function live(...changes: readonly ((sql: Sql) => Promise<void>)[]): Promise<World> {
  world = await World.copy({ url: template.url, admin }, async (sql) => {
    for (const change of changes) await change(sql);
  });
  return world;
}

async function failureOf(opened: World, options: WalkOptions): Promise<WalkFailure | null> {
  try {
    await walk(opened, options);
    return null;
  } catch (error) {
    if (error instanceof WalkFailure) return error;
    throw error;
  }
}

describe("the simulator", () => {
  it.each([1, 2, 3])("walks through the product as it is from seed %i", async (seed) => {
    expect(await failureOf(await live(), { seed, steps: STEPS })).toBeNull();
  });

  // What is found below is the defect then, not whom it takes nor how slow it is.
  it("finds nothing wrong without defects on the walks that find them", async () => {
    const opened = await live();
    for (const { favourite, slowness } of MUTATIONS) {
      if (slowness) continue;
      expect(await failureOf(opened, { seed: 1, steps: 75, favourite })).toBeNull();
    }
  });

  it.each(
    MUTATIONS.flatMap(({ slowness, favourite, seed = 1 }) =>
      slowness ? [{ slowness, favourite, seed }] : [],
    ),
  )("meets nothing wrong where time is stretched for $favourite", async (stretched) => {
    const opened = await live(stretched.slowness);
    const { favourite, seed } = stretched;
    expect(await failureOf(opened, { seed, steps: STEPS, favourite })).toBeNull();
  });

  it.each(MUTATIONS)(
    "finds $name",
    async ({ name, favourite, seed = 1, steps = STEPS, slowness, plant }) => {
      const opened = await live(...(slowness ? [slowness] : []), plant);
      let found: WalkFailure | null = null;
      for (let tried = 0; tried < SEEDS; tried += 1) {
        found ??= await failureOf(opened, { seed: seed + tried, steps, favourite });
      }
      expect(found).toBeInstanceOf(WalkFailure);
      console.log(`${name}: seed ${found?.seed}, ${found?.steps} actions, ${found?.violations[0]}`);
    },
  );
});
