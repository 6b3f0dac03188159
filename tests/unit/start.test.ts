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

/** What `npm start` says before it ends with code 1. */
async function refusalOfStart(environment: Record<string, string>): Promise<string> {
  const child = spawn(
    process.execPath,
    [
      ...["--import", "tsx", "--import", "./supabase/local/commands/runtime.mjs"],
      ...["supabase/local/commands/start.ts", "start"],
    ],
    {
      cwd: ROOT,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...(neutralEnvironment() as NodeJS.ProcessEnv), PORT: "0", ...environment },
    },
  );
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  const [code] = await once(child, "close");
  expect(code).toBe(1);
  return said;
}

describe("npm start", () => {
  test.skipIf(process.platform !== "linux")(
    "ends with one sentence when the data directory cannot be made",
    async () => {
      const said = await refusalOfStart({ PORT: "39871", LOCAL_DATA_DIR: "/proc/nowhere/data" });
      expect(said).toMatch(/^Error: LOCAL_DATA_DIR: \/proc\/nowhere\/data cannot be made .*\n$/);
    },
  );

  test("names HOST when it is no address", async () => {
    const said = await refusalOfStart({ PORT: "39871", HOST: "nowhere.invalid" });
    expect(said).toContain("Error: HOST: nowhere.invalid is no address of this machine.");
  });

  test("on a named project names each variable that is missing", async () => {
    const said = await refusalOfStart({
      PORT: "39871",
      SUPABASE_URL: "http://127.0.0.1:1",
      SUPABASE_PUBLISHABLE_KEY: "sb_publishable_test",
      SUPABASE_SECRET_KEY: "sb_secret_test",
      SITE_URL: "http://fibre.example",
    });
    for (const name of ["CRON_SECRET", "EMAIL_FROM", "SITE_URL"]) {
      expect(said).toContain(`Error: ${name}: `);
    }
  });

  test("loads nothing of the embedded stack and no development package on a named project", async () => {
    const loaded = await modulesOfStart({
      SUPABASE_URL: "http://127.0.0.1:1",
      SUPABASE_PUBLISHABLE_KEY: "sb_publishable_test",
      SUPABASE_SECRET_KEY: "sb_secret_test",
      CRON_SECRET: "a secret of the jobs",
      EMAIL_FROM: "hello@fibre.example",
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
