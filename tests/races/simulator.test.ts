import { afterAll, beforeAll, expect, it } from "vitest";
import { ACTION_NAMES } from "@/tests/support/simulator/actions";
import { describeCensus, joined, tally, walk } from "@/tests/support/simulator/walk";
import { World } from "@/tests/support/simulator/world";

/*
 * Walks of concurrent actors through the whole product, checked after every round. Longer or
 * elsewhere: SIMULATOR_STEPS=100000 SIMULATOR_SEED=7 npx vitest run --project races
 * tests/races/simulator.test.ts. A failure prints how to repeat its choice of actions.
 */

const { SIMULATOR_SEED: given, SIMULATOR_STEPS } = process.env;
const steps = Number(SIMULATOR_STEPS ?? 2_000);
/** Side by side, each in a database of its own: while one waits, the other works. */
const seeds = given === undefined ? [20_261_122, 20_261_123] : [Number(given)];

let worlds: World[] = [];
beforeAll(async () => {
  worlds = await Promise.all(seeds.map(() => World.open()));
});
afterAll(() => Promise.all(worlds.map((world) => world.close())));

it(`no invariant breaks in ${seeds.length} × ${steps} random actions of many at once`, {
  timeout: 60_000 + steps * 150,
}, async () => {
  const reports = await Promise.all(
    worlds.map((world, n) => walk(world, { seed: seeds[n] ?? 0, steps })),
  );
  const census = joined(reports.map((report) => report.census));
  console.log(describeCensus(census));
  for (const [n, { rounds, worlds: lived, acting, checking }] of reports.entries()) {
    console.log(
      `seed ${seeds[n]}: ${steps} actions in ${rounds} rounds of ${lived} worlds, ` +
        `${acting.toFixed(1)} s acting, ${checking.toFixed(1)} s checking`,
    );
  }
  // A walk in which nothing happens proves nothing.
  if (steps * seeds.length < 10_000) return;
  const idle = ACTION_NAMES.filter((name) => {
    const { done, tried } = tally(census, name);
    return done === 0 || done < tried / 50;
  });
  expect(idle).toEqual([]);
});
