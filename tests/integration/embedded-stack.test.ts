import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { StackFile } from "@/lib/supabase/stack-file";
import { freePorts } from "@/supabase/local/process/ports";
import { snapshotGrants } from "@/supabase/local/stack/grants";
import { eventually } from "@/tests/support/eventually";

let child: ChildProcess;
let stack: StackFile;
let sql: Sql;
const dataDir = mkdtempSync(join(tmpdir(), "referral-embedded-"));

beforeAll(async () => {
  const [dbPort, apiPort] = await freePorts(2);
  child = spawn(
    process.execPath,
    [
      ...["--import", "tsx", "--import", "./supabase/local/commands/runtime.mjs"],
      ...["supabase/local/commands/stack-cli.ts", "--data", dataDir, "--ephemeral"],
      ...["--db-port", String(dbPort), "--api-port", String(apiPort)],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the stack ended with code ${code}`)));
    child.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes("Keys in")) resolve();
    });
  });
  stack = JSON.parse(readFileSync(join(dataDir, "stack.json"), "utf8")) as StackFile;
  sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql.end({ timeout: 2 });
  await new Promise((resolve) => {
    child.once("exit", resolve);
    child.kill("SIGINT");
  });
  rmSync(dataDir, { recursive: true, force: true });
});

const ask = () =>
  fetch(`${stack.apiUrl}/rest/v1/rpc/get_billing_settings`, {
    method: "POST",
    headers: { apikey: stack.secretKey, "content-type": "application/json" },
    body: "{}",
    signal: AbortSignal.timeout(10_000),
  }).then((response) => response.status);

it("survives that the database cuts its connections, and keeps the grants", async () => {
  const before = await snapshotGrants(sql);
  for (let round = 0; round < 4; round += 1) {
    const answers = Array.from({ length: 8 }, ask);
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'data-api'`;
    for (const status of await Promise.all(answers)) expect([200, 503]).toContain(status);
    // Asked again, it serves: by itself, and soon.
    await eventually(async () => ((await ask()) === 200 ? true : undefined));
  }
  expect(child.exitCode).toBeNull();
  expect(await snapshotGrants(sql)).toEqual(before);
});
