import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, describe, expect, it } from "vitest";
import { makeScratchDir } from "@/supabase/local/stack/data-home";

const scratch = makeScratchDir("referral-earlier-");
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let dataDirs = 0;
function newDataDir(): string {
  dataDirs += 1;
  return join(scratch, `data-${dataDirs}`);
}

const TABLE = "create table public.service_packages (name text);";

/** A folder of migrations, each of which adds a package that has its version as name. */
function migrations(...versions: string[]): string {
  const folder = join(scratch, `migrations-${versions.join("-")}`);
  mkdirSync(folder, { recursive: true });
  versions.forEach((version, index) => {
    writeFileSync(
      join(folder, `${version}_test.sql`),
      `${index === 0 ? TABLE : ""} insert into public.service_packages values ('${version}');`,
    );
  });
  return folder;
}

type Start = { code: number | null; output: string; errors: string; packages: string[] };

/** Starts the stack over a data directory, reads the packages when it is up, and stops it. */
function start(dataDir: string, folder: string): Promise<Start> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        ...["--import", "tsx", "--import", "./supabase/local/commands/runtime.mjs"],
        ...["supabase/local/commands/stack-cli.ts", "--data", dataDir, "--ephemeral"],
        ...["--migrations", folder],
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const result: Start = { code: null, output: "", errors: "", packages: [] };
    const read = async (url: string) => {
      const sql = postgres(url, { max: 1 });
      const rows = await sql<{ name: string }[]>`select name from public.service_packages`;
      result.packages = rows.map((row) => row.name);
      await sql.end();
    };
    child.stderr.on("data", (chunk: Buffer) => {
      result.errors += chunk.toString();
    });
    let stopping = false;
    child.stdout.on("data", (chunk: Buffer) => {
      result.output += chunk.toString();
      const url = /^Database (\S+)$/m.exec(result.output)?.[1];
      if (!url || !/^Keys in /m.test(result.output) || stopping) return;
      stopping = true;
      read(url).then(() => child.kill("SIGINT"), reject);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ ...result, code }));
  });
}

function asides(dataDir: string): string[] {
  return readdirSync(dataDir).filter((name) => name.startsWith("postgres-before-"));
}

describe("a database that migrations without a file were applied to", () => {
  it("is moved aside whole when they are earlier, and a new one is made", async () => {
    const dataDir = newDataDir();
    await start(dataDir, migrations("20260101000000", "20260201000000"));

    const second = await start(dataDir, migrations("20260301000000"));
    expect(second).toMatchObject({ code: 0, errors: "", packages: ["20260301000000"] });
    const [aside = "", ...more] = asides(dataDir);
    expect(more).toEqual([]);
    expect(aside).toMatch(/^postgres-before-\d{8}-\d{6}$/);
    expect(second.output).toContain(
      `The database was made by an earlier schema: it is now ${join(dataDir, aside)}, and a new one is made\n`,
    );

    const third = await start(dataDir, migrations("20260301000000"));
    expect(third).toMatchObject({ code: 0, packages: ["20260301000000"] });
    expect(third.output).not.toContain("earlier schema");
    expect(asides(dataDir)).toEqual([aside]);

    rmSync(join(dataDir, "postgres"), { recursive: true });
    renameSync(join(dataDir, aside), join(dataDir, "postgres"));
    const back = await start(dataDir, migrations("20260101000000", "20260201000000"));
    expect(back.packages).toEqual(["20260101000000", "20260201000000"]);
  }, 120_000);

  it("is refused in one sentence when one of them is later, and stays as it is", async () => {
    const dataDir = newDataDir();
    const newer = migrations("20260101000000", "20260301000000");
    await start(dataDir, newer);

    const refused = await start(dataDir, migrations("20260201000000"));
    expect(refused).toMatchObject({
      code: 1,
      errors:
        `Error: The database in ${join(dataDir, "postgres")} is newer than this code ` +
        "(migration 20260301000000): update the code, or drop the database with `npm run db:reset`.\n",
    });
    expect(asides(dataDir)).toEqual([]);
    expect(existsSync(join(dataDir, "stack.json"))).toBe(false);
    expect((await start(dataDir, newer)).packages).toEqual(["20260101000000", "20260301000000"]);
  }, 120_000);
});
