import { spawn } from "node:child_process";
import { NextRequest } from "next/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jobsOf } from "@/lib/composition/jobs";
import { resetEnv } from "@/lib/env";
import { parseJobArguments } from "@/lib/jobs/arguments";
import { runCommand } from "@/lib/jobs/command";
import { progressLine, progressText } from "@/lib/jobs/progress-line";
import { createServerClient } from "@/lib/supabase/clients";
import { manyCustomers, newCustomer, pendingReward } from "@/tests/support/builders";
import { enterEnvironment } from "@/tests/support/environment";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";

let own: OwnStack;
let restore = () => {};

beforeAll(async () => {
  own = await ownStack();
  restore = enterEnvironment({
    LOCAL_DATA_DIR: own.dataDir,
    SUPABASE_URL: "",
    LOG_LEVEL: "silent",
  });
  await manyCustomers(own.sql, 3);
});
afterAll(async () => {
  restore();
  await own?.stop();
});

/** Runs a job in this process. */
async function job(...argv: string[]) {
  let out = "";
  let error = "";
  const terminal = {
    out: async (text: string) => {
      out += text;
    },
    error: { write: (text: string) => (error += text) },
  };
  const code = await runCommand(argv, terminal, (clock) => jobsOf(createServerClient(), clock));
  return { code, out, error };
}

/** Runs a job as a process of its own. */
function jobProcess(...argv: string[]) {
  type Ended = { code: number | null; out: string; error: string; about: string };
  return new Promise<Ended>((resolve) => {
    const load = ["--import", "tsx", "--import", "./supabase/local/commands/runtime.mjs"];
    const child = spawn(process.execPath, [...load, "lib/composition/job-cli.ts", ...argv], {
      env: process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let error = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (error += chunk));
    child.once("close", (code) => {
      const about = /^Database: .*\n/m.exec(error)?.[0] ?? "";
      resolve({ code, out, error: error.replace(about, ""), about: about.trimEnd() });
    });
  });
}

const lastLine = (text: string): unknown => JSON.parse(text.trimEnd().split("\n").at(-1) ?? "");

describe("the command line of jobs", () => {
  it("refuses what it does not understand, with the usage and exit code 2", async () => {
    for (const argv of [
      [],
      ["bill"],
      ["billing", "now"],
      ["billing", "--perod", "2026-12"],
      ["billing", "--period", "2026-13"],
      ["billing", "--workers", "0"],
      ["billing", "--workers", "many"],
      ["billing", "--batch", "0"],
      ["billing", "--batch", "5001"],
      ["billing", "--force"],
      ["billing", "--reason", "The office was closed"],
      ["billing", "--force", "--reason", " no "],
      ["billing", "--key", ""],
      ["billing", "--as-of", "tomorrow"],
      ["billing", "--as-of", "2026-12-24T09:00:00"],
      ["qualify", "--period", "2026-12"],
      ["verify", "--dry-run"],
      ["expire", "--force", "--reason", "The office was closed"],
      ["notify", "--key", "k"],
    ]) {
      const { code, out, error } = await job(...argv);
      expect({ argv, code, out }).toEqual({ argv, code: 2, out: "" });
      expect(error).toContain("Usage: npm run job -- NAME");
    }
  });

  it("takes an instant, or a date as its start in UTC", () => {
    const asOf = (text: string) => parseJobArguments(["expire", "--as-of", text])?.asOf;
    expect(asOf("2026-12-24T09:00:00+02:00")).toEqual(new Date("2026-12-24T07:00:00Z"));
    expect(asOf("2026-12-24")).toEqual(new Date("2026-12-24T00:00:00Z"));
  });

  it("takes the reason for billing a closed cycle, and a key of the run", () => {
    const argv = ["billing", "--force", "--reason", " The office was closed ", "--key", "december"];
    expect(parseJobArguments([...argv, "--batch", "50"])).toMatchObject({
      forceReason: "The office was closed",
      idempotencyKey: "december",
      batchSize: 50,
    });
    expect(parseJobArguments(["billing"])).toMatchObject({ forceReason: undefined, workers: 2 });
  });

  it("prints its usage", async () => {
    expect(await job("--help")).toMatchObject({ code: 0, error: "" });
  });
});

describe("jobs", () => {
  it("as processes: readable or JSON, with matching exit codes", { timeout: 90_000 }, async () => {
    const rehearsal = await jobProcess("billing", "--as-of", "2026-12-01", "--dry-run");
    expect(rehearsal).toMatchObject({
      code: 0,
      error: "",
      about: `Database: embedded, ${own.stack.apiUrl}; rewards are on`,
    });
    expect(rehearsal.out).toContain("Would bill                   1–31 Dec 2026");
    expect(rehearsal.out).toContain("R 2 397.00");
    const billed = await jobProcess(
      "billing",
      "--period",
      "2026-12",
      "--as-of",
      "2026-12-01",
      "--json",
    );
    expect(billed).toMatchObject({ code: 0, error: "" });
    expect(lastLine(billed.out)).toMatchObject({
      invoices: 3,
      free_months: 0,
      waived_cents: 0,
      total_cents: 239_700,
      skipped: 0,
    });
    expect((await jobProcess("frobnicate")).code).toBe(2);
  });

  it("give the counts that they promise", async () => {
    const { id } = await newCustomer(own.sql);
    await pendingReward(own.sql, id, { expiresAt: "2026-12-20T00:00:00Z" });
    const counts = async (name: string) =>
      lastLine((await job(name, "--as-of", "2026-12-01", "--json")).out);
    expect(await counts("qualify")).toEqual({ qualified: 0, rewards_granted: 0 });
    const old = await own.sql<{ id: string }[]>`
      insert into notifications
        (template, recipient, customer_id, dedupe_key, status, created_at, sent_at, subject, html, text_body)
      select 'order_received', 'old@example.test', ${id}, 'old:' || n, 'sent', at, at, 'Subject', 'x', 'x'
      from (values (1, now() - interval '399 days'), (2, now() - interval '401 days')) as v (n, at)
      returning id`;
    expect(await counts("expire")).toEqual({
      referrals_expired: 0,
      referrals_ended: 0,
      rewards_expired: 0,
      reminders: 1,
    });
    expect(await counts("notify")).toMatchObject({ sent: 0, retried: 0, failed: 0 });
    expect(await counts("verify")).toEqual({ violations: 0, details: [] });
    expect((await job("verify")).out).toBe("No violations\n");
    expect((await job("expire", "--as-of", "2026-12-01")).out).toContain("Reminders queued");
    // The texts of mails go when they are as old as the settings say; row and subject stay.
    expect(
      await own.sql`
        select subject, html, text_body from notifications
        where id in ${own.sql(old.map((mail) => mail.id))} order by created_at desc`,
    ).toEqual([
      { subject: "Subject", html: "x", text_body: "x" },
      { subject: "Subject", html: null, text_body: null },
    ]);
  });

  it("fail with exit code 1 when the rules or the database say so", async () => {
    expect(await job("billing", "--period", "2030-01", "--as-of", "2026-12-01")).toMatchObject({
      code: 1,
      error: expect.stringContaining("cannot be billed yet"),
    });
    for (const [asOf, ...sentences] of [
      ["2026-11-30", "has not begun yet", "--force --reason"],
      ["2028-01-01", "is more than 12 months ago and cannot be billed any more"],
    ] as const) {
      const refused = await job("billing", "--period", "2026-12", "--as-of", asOf);
      expect(refused).toMatchObject({ code: 1, out: "" });
      for (const sentence of sentences) expect(refused.error).toContain(sentence);
    }
    const forced = ["--force", "--reason", "Installed late in the month"];
    expect(
      await job("billing", "--period", "2026-12", "--as-of", "2027-01-01", ...forced),
    ).toMatchObject({ code: 0, error: "" });
    // A violation is planted and taken away again.
    await own.sql`insert into public.invoice_series values ('XYZ', 2026, 3)`;
    const found = await job("verify");
    expect(found.code).toBe(1);
    expect(found.out).toContain("Invariant 7: invoice series does not end at its last invoice");
    await own.sql`delete from public.invoice_series where series = 'XYZ'`;

    process.env.LOCAL_DATA_DIR = "/nowhere";
    resetEnv();
    expect(await job("verify")).toMatchObject({
      code: 1,
      error: expect.stringContaining("Error:"),
    });
    process.env.LOCAL_DATA_DIR = own.dataDir;
    resetEnv();
  });

  it("show progress on a terminal only", () => {
    const progress = { services_total: 360, services_done: 120, errors: 2 };
    expect(progressText(progress)).toBe(
      "[########----------------] 33 % · 120 of 360 services · 2 failed",
    );
    for (const isTTY of [true, false]) {
      let shown = "";
      const line = progressLine({ isTTY, write: (text) => (shown += text) });
      line.show(progress);
      line.clear();
      expect(shown.includes("33 %")).toBe(isTTY);
    }
  });

  it("show the rate and the time left, by what this run has done so far", () => {
    let now = 5_000;
    let shown = "";
    const line = progressLine({ isTTY: true, write: (text) => (shown = text) }, () => now);
    const show = (services_done: number, after: number) => {
      now = 5_000 + after;
      line.show({ services_total: 100_000, services_done, errors: 0 });
      return shown.slice(shown.indexOf("%"));
    };
    expect(show(40_000, 0)).toBe("% · 40000 of 100000 services");
    expect(show(40_500, 500)).toBe("% · 40500 of 100000 services");
    expect(show(41_000, 1_000)).toBe("% · 41000 of 100000 services · 1000/s · 59 s left");
    expect(show(41_000, 10_000)).toBe("% · 41000 of 100000 services · 100/s · 10 min left");
    expect(show(41_000, 100_000)).toBe("% · 41000 of 100000 services · 10/s · 1 h 39 min left");
    expect(show(100_000, 100_000)).toBe("% · 100000 of 100000 services · 600/s · 0 s left");
  });
});

describe("the cron routes", () => {
  const call = async (name: string, method: "GET" | "POST", secret?: string, query = "") => {
    const routes = {
      billing: () => import("@/app/api/cron/billing/route"),
      qualify: () => import("@/app/api/cron/qualify/route"),
      expire: () => import("@/app/api/cron/expire/route"),
      notify: () => import("@/app/api/cron/notify/route"),
    };
    const route = await routes[name as keyof typeof routes]();
    const request = new NextRequest(`http://localhost:3000/api/cron/${name}${query}`, {
      method,
      headers: secret ? { authorization: `Bearer ${secret}` } : {},
    });
    return route[method](request, { params: Promise.resolve({}) });
  };
  const names = ["qualify", "expire", "notify", "billing"];

  it("refuse a missing, wrong or query-string secret and do nothing", async () => {
    const runs = () => own.sql`select count(*) from public.billing_runs`;
    const count = await runs();
    for (const name of names) {
      const { cronSecret } = own.stack;
      for (const response of [
        await call(name, "GET"),
        await call(name, "POST", `${cronSecret}x`),
        await call(name, "GET", undefined, `?secret=${cronSecret}&CRON_SECRET=${cronSecret}`),
      ]) {
        expect(response.status).toBe(401);
      }
    }
    expect(await runs()).toEqual(count);
  });

  it("do the job by GET and POST", async () => {
    for (const name of names) {
      for (const method of ["GET", "POST"] as const) {
        const response = await call(name, method, own.stack.cronSecret);
        expect(response.status).toBe(200);
        expect(await response.json()).toMatchObject({ success: true });
      }
    }
  });
});
