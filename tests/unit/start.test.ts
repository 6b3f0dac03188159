import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { neutralEnvironment, ROOT } from "@/supabase/local/process/project";

const lockfile = z
  .object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) })
  .parse(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")));

/** What `npm start` loads before it serves: it ends there, because the port of the site is taken. */
async function modulesOfStart(environment: Record<string, string>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "referral-start-"));
  const occupant = createServer().listen(0, "127.0.0.1");
  try {
    await once(occupant, "listening");
    const address = z.object({ port: z.number() }).parse(occupant.address());
    const moduleLog = join(folder, "modules");
    const child = spawn(
      process.execPath,
      [
        ...["--import", "tsx", "--import", "./supabase/local/commands/runtime.mjs"],
        ...["--import", "./tests/support/module-log.mjs"],
        ...["supabase/local/commands/start.ts", "start"],
      ],
      {
        cwd: ROOT,
        stdio: ["ignore", "ignore", "pipe"],
        env: {
          ...(neutralEnvironment() as NodeJS.ProcessEnv),
          HOST: "127.0.0.1",
          PORT: String(address.port),
          LOCAL_DATA_DIR: join(folder, "data"),
          MODULE_LOG: moduleLog,
          ...environment,
        },
      },
    );
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    await once(child, "close");
    expect(said).toContain(`Port ${address.port} for the site`);
    return readFileSync(moduleLog, "utf8")
      .split("\n")
      .filter((url) => url.startsWith("file:"))
      .map((url) => relative(ROOT, fileURLToPath(url.replace(/[?#].*$/, ""))));
  } finally {
    occupant.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const isEmbedded = (path: string) => /^supabase\/local\/(?:stack|seed)\//.test(path);

/** Whether `npm ci --omit=dev` leaves the package of this file out. */
function isDevelopment(path: string): boolean {
  const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
  return folder !== undefined && lockfile.packages[folder]?.dev === true;
}

describe("npm start", () => {
  test("loads nothing of the embedded stack and no development package on a named project", async () => {
    const loaded = await modulesOfStart({
      SUPABASE_URL: "http://127.0.0.1:1",
      SUPABASE_PUBLISHABLE_KEY: "sb_publishable_test",
      SUPABASE_SECRET_KEY: "sb_secret_test",
    });
    expect(loaded).toContain("supabase/local/commands/next-server.ts");
    expect(loaded.filter((path) => isEmbedded(path) || isDevelopment(path))).toEqual([]);
  });

  test("loads the embedded stack when no project is named", async () => {
    const loaded = await modulesOfStart({});
    expect(loaded.filter(isEmbedded)).toContain("supabase/local/stack/stack.ts");
    expect(loaded.filter(isDevelopment)).not.toEqual([]);
  });
});
