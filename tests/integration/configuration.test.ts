/** Commands find their configuration in `.env`, as an operator's shell leaves it to them. */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENV_NAMES } from "@/lib/env";
import { ROOT } from "@/supabase/local/process/project";
import { manyCustomers, pendingReward } from "@/tests/support/builders";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";

let own: OwnStack;
/** A copy of the project that may have a `.env` of its own. */
let copy: string;

beforeAll(async () => {
  own = await ownStack();
  copy = mkdtempSync(join(tmpdir(), "referral-copy-"));
  for (const name of ["lib", "supabase", "tests", "package.json", "package-lock.json"]) {
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  cpSync(join(ROOT, "tsconfig.json"), join(copy, "tsconfig.json"));
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
});
afterAll(async () => {
  await own?.stop();
  rmSync(copy, { recursive: true, force: true });
});

/** Runs an npm script of the copy, with no variable of the application in the environment. */
function command(...argv: string[]) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !ENV_NAMES.includes(name)),
  );
  return new Promise<{ code: number | null; out: string; error: string }>((resolve) => {
    const child = spawn(
      process.execPath,
      [join(copy, "supabase/local/commands/bootstrap.mjs"), ...argv],
      { cwd: tmpdir(), env: env as NodeJS.ProcessEnv, stdio: ["ignore", "pipe", "pipe"] },
    );
    let out = "";
    let error = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (error += chunk));
    child.once("close", (code) => resolve({ code, out, error }));
  });
}

const dotenv = (...lines: string[]) => writeFileSync(join(copy, ".env"), lines.join("\n"));

describe("a switch in .env alone", { timeout: 120_000 }, () => {
  it("is obeyed by the billing job, which says so, and by the next run without it", async () => {
    const people = await manyCustomers(own.sql, 3);
    for (const id of people) await pendingReward(own.sql, id);
    dotenv(`LOCAL_DATA_DIR=${own.dataDir}`, "ENABLE_REFERRAL_REWARDS=false");
    const off = await command("job", "billing", "--as-of", "2026-12-01", "--json");
    expect(off.error.split("\n")[0]).toBe(
      `Database: embedded, ${own.stack.apiUrl}; rewards are off (ENABLE_REFERRAL_REWARDS)`,
    );
    expect(JSON.parse(off.out)).toMatchObject({ invoices: 3, free_months: 0, waived_cents: 0 });

    dotenv(`LOCAL_DATA_DIR=${own.dataDir}`);
    const on = await command("job", "billing", "--as-of", "2027-01-01", "--json");
    expect(on.error).toContain("; rewards are on\n");
    expect(JSON.parse(on.out)).toMatchObject({ invoices: 3, free_months: 3 });
  });

  it("the switch in the database closes what .env leaves open", async () => {
    const [customer = ""] = await manyCustomers(own.sql, 1);
    await pendingReward(own.sql, customer);
    await own.sql`insert into switches (name, is_on, reason) values ('rewards', false, 'Test')`;
    dotenv(`LOCAL_DATA_DIR=${own.dataDir}`, "ENABLE_REFERRAL_REWARDS=true");
    const billed = await command("job", "billing", "--as-of", "2027-02-01", "--json");
    expect(billed.error).toContain("; rewards are off (switched off by the team)\n");
    expect(JSON.parse(billed.out)).toMatchObject({ invoices: 4, free_months: 0 });
  });

  it("a wrong value in .env stops every command and names the variable", async () => {
    dotenv(`LOCAL_DATA_DIR=${own.dataDir}`, "ENABLE_REFERRAL_REWARDS=perhaps");
    for (const argv of [["job", "verify"], ["bench", "fraud"], ["db:reset"]]) {
      const refused = await command(...argv);
      expect([argv, refused.code]).toEqual([argv, 1]);
      expect(refused.error).toContain("ENABLE_REFERRAL_REWARDS: must be true or false");
    }
  });
});
