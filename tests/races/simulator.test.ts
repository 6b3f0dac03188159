import { afterAll, beforeAll, expect, it } from "vitest";
import { ACTION_NAMES } from "@/tests/support/simulator/actions";
import { describeCensus, tally, walk } from "@/tests/support/simulator/walk";
import { World } from "@/tests/support/simulator/world";

/*
 * A walk of concurrent actors through the whole product, checked after every round. Longer or
 * elsewhere: SIMULATOR_STEPS=100000 SIMULATOR_SEED=7 npx vitest run --project races
 * tests/races/simulator.test.ts. A failure prints how to repeat its choice of actions.
 */

const seed = Number(process.env.SIMULATOR_SEED ?? 20_261_122);
const steps = Number(process.env.SIMULATOR_STEPS ?? 10_000);

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world?.close());

it(`no invariant breaks in ${steps} random actions, whoever meets whom`, {
  timeout: 60_000 + steps * 60,
}, async () => {
  console.log(`simulator: seed ${seed}, ${steps} actions`);
  const report = await walk(world, { seed, steps });
  const { census, rounds, worlds, acting, checking } = report;
  console.log(
    `${describeCensus(census)}\n${steps} actions in ${rounds} rounds of ${worlds} worlds: ` +
      `${acting.toFixed(1)} s acting, ${checking.toFixed(1)} s checking`,
  );
  // A walk in which nothing happens proves nothing.
  if (steps < 10_000) return;
  const idle = ACTION_NAMES.filter((name) => {
    const { done, tried } = tally(census, name);
    return done === 0 || done < tried / 50;
  });
  expect(idle).toEqual([]);
});
