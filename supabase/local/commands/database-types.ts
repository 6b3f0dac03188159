import { execFileSync, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LaunchError } from "../process/fail";
import { freePorts } from "../process/ports";
import { binOf, ROOT } from "../process/project";
import { makeScratchDir } from "../stack/data-home";
import { startStack } from "../stack/stack";

/** The Supabase CLI that writes the types; another version may format them differently. */
const CLI = "supabase@3.1.0";

const TYPES_FILE = join(ROOT, "lib", "supabase", "database.types.ts");

function runCli(dbUrl: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      "npx",
      [
        "--yes",
        CLI,
        "gen",
        "types",
        "--lang",
        "typescript",
        "--schema",
        "public",
        "--db-url",
        dbUrl,
      ],
      {
        // Outside the project, so that it neither reads our configuration nor our node_modules.
        cwd: tmpdir(),
        stdio: ["ignore", "pipe", "pipe"],
        shell: process.platform === "win32",
        env: { ...process.env, DO_NOT_TRACK: "1", SUPABASE_TELEMETRY_DISABLED: "1" },
      },
    );
    let types = "";
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      types += chunk.toString("utf8");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0 && types.includes("export type Database")) resolve(types);
      else reject(new LaunchError(`${CLI} could not write the types: ${said.trim().slice(-800)}`));
    });
  });
}

/** The generator's own layout is dense; formatted, a change of the schema reads as a diff. */
function format(types: string): string {
  const args = [binOf("@biomejs/biome", "biome"), "format", "--stdin-file-path=types.ts"];
  return execFileSync(process.execPath, args, { cwd: ROOT, input: types, encoding: "utf8" });
}

/** The typed schema that the migrations lead to, made on a database of its own. */
async function generateTypes(): Promise<string> {
  const dataDir = makeScratchDir("referral-types-");
  try {
    const [dbPort = 0, apiPort = 0] = await freePorts(2);
    const stack = await startStack({ dataDir, dbPort, apiPort, ephemeral: true, log: () => {} });
    try {
      return format(await runCli(`${stack.dbUrl}?sslmode=disable`));
    } finally {
      await stack.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Whether the committed types are those that the migrations lead to. */
export async function typesAreCurrent(): Promise<boolean> {
  let committed = "";
  try {
    committed = readFileSync(TYPES_FILE, "utf8");
  } catch {
    return false;
  }
  return committed === (await generateTypes());
}

/** Writes the types file. */
export async function writeTypes(): Promise<void> {
  writeFileSync(TYPES_FILE, await generateTypes());
}
