import { binOf, runNode, type ToolOptions, type ToolResult } from "../process/project";

/** Everything that `.dependency-cruiser.mjs` judges. */
const CRUISED = ["app", "components", "lib", "supabase", "tests", "proxy.ts", "next.config.ts"];

/** Formatting and lint rules. */
export function lint(options?: ToolOptions): Promise<ToolResult> {
  return runNode(binOf("@biomejs/biome", "biome"), ["check", "--error-on-warnings"], options);
}

/** Types of the whole project. Next.js first writes those of routes and imported assets. */
export async function types(options?: ToolOptions): Promise<ToolResult> {
  const generated = await runNode(binOf("next"), ["typegen"], { capture: true });
  if (!generated.ok) return generated;
  return runNode(binOf("typescript", "tsc"), ["--noEmit"], options);
}

/** The floors of `lib` and the other rules about imports. */
export function imports(options?: ToolOptions): Promise<ToolResult> {
  const config = ["--config", ".dependency-cruiser.mjs"];
  return runNode(binOf("dependency-cruiser", "depcruise"), [...config, ...CRUISED], options);
}

/** Files, exports and packages that nothing uses. */
export function unused(options?: ToolOptions): Promise<ToolResult> {
  return runNode(binOf("knip"), ["--no-progress"], options);
}
