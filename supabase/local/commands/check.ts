/** `npm run check`: lint, types and unit tests. Seconds, and no database. */
import { binOf, neutralEnvironment, runNode } from "../process/project";
import { runMain } from "../process/run-main";

await runMain(async () => {
  const lint = await runNode(binOf("@biomejs/biome", "biome"), ["check", "--error-on-warnings"]);
  const typegen = await runNode(binOf("next"), ["typegen"], { capture: true });
  if (!typegen.ok) console.error(typegen.output);
  const types = await runNode(binOf("typescript", "tsc"), ["--noEmit"]);
  const unit = await runNode(binOf("vitest"), ["run", "--project", "unit"], {
    env: neutralEnvironment(),
  });
  const results = { lint: lint.ok, types: typegen.ok && types.ok, unit: unit.ok };
  const failed = Object.entries(results).flatMap(([name, ok]) => (ok ? [] : [name]));
  console.log(failed.length === 0 ? "All checks passed" : `Failed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}, "failure");
