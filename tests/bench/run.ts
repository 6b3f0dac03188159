/**
 * `npm run bench -- [NAME] [--flags]`: measures on a database of its own and cleans up. Prints a
 * table, and one line of JSON last.
 */
import { parseArgs } from "node:util";
import { benchReads } from "./reads";

const BENCHES = { reads: benchReads } as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    customers: { type: "string", default: "100000" },
    rounds: { type: "string", default: "200" },
  },
});
const name = positionals[0] ?? "reads";
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name as keyof typeof BENCHES] : undefined;
const customers = Number(values.customers);
const rounds = Number(values.rounds);
if (!bench || !Number.isInteger(customers) || !Number.isInteger(rounds) || customers < 100) {
  console.error(
    `Usage: npm run bench -- [${Object.keys(BENCHES).join("|")}] [--customers N] [--rounds N]`,
  );
  process.exit(2);
}
const result = await bench({ customers, rounds });
console.log(JSON.stringify(result));
process.exit(0);
