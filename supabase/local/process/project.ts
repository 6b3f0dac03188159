import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import { ENV_NAMES } from "@/lib/env";
import { type Supervised, supervise } from "./supervised";

/** The folder that holds package.json. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const require = createRequire(import.meta.url);

/** The script behind a program that a package installs (`next`, `vitest`, …). */
export function binOf(packageName: string, program = packageName): string {
  const manifest = findManifest(packageName);
  const { bin } = z
    .object({ bin: z.union([z.string(), z.record(z.string(), z.string())]) })
    .parse(require(manifest));
  const path = typeof bin === "string" ? bin : bin[program];
  if (!path) throw new Error(`${packageName} has no program ${program}`);
  return join(dirname(manifest), path);
}

function findManifest(packageName: string): string {
  const manifest = join(ROOT, "node_modules", packageName, "package.json");
  if (!existsSync(manifest)) throw new Error(`${packageName} is not installed`);
  return manifest;
}

/** This environment with every variable of the application empty, so that no .env file fills it. */
export function neutralEnvironment(): NodeJS.Dict<string> {
  return { ...process.env, ...Object.fromEntries(ENV_NAMES.map((name) => [name, ""])) };
}

export type ToolOptions = {
  env?: NodeJS.Dict<string>;
  /** Keep the output instead of showing it. */
  capture?: boolean;
  /** Load TypeScript of this project, with its `@/` paths. */
  typescript?: boolean;
};

const TYPESCRIPT = ["--import", pathToFileURL(join(ROOT, "node_modules/tsx/dist/loader.mjs")).href];

/** Starts a Node program that ends when this process ends. */
export function startNode(
  script: string,
  args: string[],
  options: ToolOptions = {},
): Promise<Supervised> {
  return supervise({
    command: process.execPath,
    args: [...(options.typescript ? TYPESCRIPT : []), script, ...args],
    cwd: ROOT,
    env: { NEXT_TELEMETRY_DISABLED: "1", ...(options.env ?? process.env) },
    group: true,
    stop: [
      ["SIGTERM", 8_000],
      ["SIGKILL", 0],
    ],
    stdio: options.capture ? "pipe" : "inherit",
  });
}

export type ToolResult = { ok: boolean; code: number | null; output: string };

/** Runs a Node program to its end. */
export async function runNode(
  script: string,
  args: string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  const running = await startNode(script, args, options);
  let output = "";
  const collect = (chunk: Buffer) => {
    output += chunk.toString("utf8");
  };
  running.stdout?.on("data", collect);
  running.stderr?.on("data", collect);
  const { code } = await running.exited;
  return { ok: code === 0, code, output };
}
