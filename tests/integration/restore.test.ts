/** The drill: data that diverged after a backup, the backup restored, and business going on. */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "@/supabase/local/process/ports";
import { pruneBackups, superuser, takeBackup, writeJournal } from "@/supabase/local/stack/backup";
import { type DataHome, makeScratchDir, prepareDataHome } from "@/supabase/local/stack/data-home";
import { parseFloor, restoreBackup } from "@/supabase/local/stack/restore";
import { type Stack, startStack } from "@/supabase/local/stack/stack";
import { billingAt } from "@/tests/support/billing";
import { manyCustomers, newAdmin } from "@/tests/support/builders";
import { asUser } from "@/tests/support/database";
import { serviceClient } from "@/tests/support/own-stack";

let dataDir: string;
let home: DataHome;
let stack: Stack;
let sql: Sql;
let owner: string;

async function start(): Promise<void> {
  const [dbPort = 0, apiPort = 0] = await freePorts(2);
  stack = await startStack({ dataDir, dbPort, apiPort, log: () => {} });
  sql = superuser(stack.dbUrl);
}
async function stop(): Promise<void> {
  await sql.end({ timeout: 2 });
  await stack.stop();
}

beforeAll(async () => {
  dataDir = makeScratchDir("referral-drill-");
  await start();
  home = prepareDataHome(dataDir, { lasting: true });
  owner = await newAdmin(sql, "owner");
}, 120_000);
afterAll(async () => {
  await stop().catch(() => {});
  rmSync(dataDir, { recursive: true, force: true });
});

const bill = (asOf: string) => billingAt(asOf, { client: serviceClient(stack) }).runCycle();
const numbers = async () =>
  (await sql<{ n: string }[]>`select invoice_number as n from customer_invoices order by 1`).map(
    (row) => row.n,
  );
const verify = async () => {
  const [row] = await sql<{ it: { violations: number; details: { rule: string }[] } }[]>`
    select verify_invariants() as it`;
  return row?.it.details.map((violation) => violation.rule) ?? [];
};
const queue = (key: string, recipient: string) =>
  sql`select private.enqueue_mail('billing_run_failed', ${recipient}, null, '{}', ${key}, now())`;
async function sendAll(): Promise<string[]> {
  const left: string[] = [];
  for (;;) {
    const [row] = await sql<
      { it: { lease_token: string; mails: { id: string; recipient: string }[] } }[]
    >`select claim_notifications(500, 120, false) as it`;
    const { lease_token, mails } = row?.it ?? { lease_token: "", mails: [] };
    if (mails.length === 0) return left.sort();
    const results = mails.map(({ id }) => ({ id, outcome: "sent" }));
    await sql`
      select settle_notifications(${lease_token}, ${sql.json(results)}, 'alerts@example.test')`;
    left.push(...mails.map((mail) => mail.recipient));
  }
}

describe("a restore of an older backup", () => {
  let backup = "";
  let issuedBefore: string[] = [];
  let issuedAfter: string[] = [];

  it("is taken while the database serves, checked, and kept for the days that are set", async () => {
    await manyCustomers(sql, 4);
    await bill("2026-12-01T06:00:00Z");
    await queue("queued-before", "queued@example.test");
    issuedBefore = await numbers();
    backup = await takeBackup({ home, sql, release: "0.1.0", now: new Date() });
    expect(readFileSync(`${backup}.sha256`, "utf8")).toMatch(/^[0-9a-f]{64} {2}\S+\.tar\.gz\n$/);
    expect(pruneBackups(dataDir, 1, new Date(Date.now() + 10 * 86_400_000))).toEqual([]);
  }, 120_000);

  it("refuses a backup that was changed", async () => {
    const copy = join(dataDir, "changed.tar.gz");
    writeFileSync(copy, readFileSync(backup));
    writeFileSync(`${copy}.sha256`, readFileSync(`${backup}.sha256`));
    appendFileSync(copy, "x");
    const options = { home, floor: [], now: new Date(), log: () => {} };
    await expect(restoreBackup({ ...options, file: copy })).rejects.toThrow("is damaged");
  });

  it("gives no number twice and sends no mail twice, and verify names what to do", async () => {
    // What the backup knows nothing of: a month more, and mails that left.
    await bill("2027-01-01T06:00:00Z");
    issuedAfter = await numbers();
    await queue("lost", "lost@example.test");
    // The customers' mails about their invoices leave as well.
    const left = (await sendAll()).filter((recipient) => recipient.endsWith("@example.test"));
    expect(left).toEqual(["lost@example.test", "queued@example.test"]);
    await stop();

    const restored = await restoreBackup({
      home,
      file: backup,
      floor: [],
      now: new Date(),
      log: () => {},
    });
    expect(restored).toMatchObject({ invoices: 4, payments: 0, mails: 5 });
    expect(restored.numbers).toEqual([{ series: "INV", year: 2027, first: 1, last: 4 }]);
    await start();
    expect(await numbers()).toEqual(issuedBefore);
    const rules = await verify();
    expect(rules).toEqual([expect.stringContaining("is not reconciled: compare 4 invoices")]);

    // Business goes on: the month is billed again, the mail is owed again.
    await bill("2027-01-01T06:00:00Z");
    const given = await numbers();
    const again = given.filter((n) => !issuedBefore.includes(n));
    expect(again).toHaveLength(4);
    expect(again.filter((n) => issuedAfter.includes(n))).toEqual([]);
    await queue("lost-again", "lost@example.test");
    await queue("fresh", "fresh@example.test");
    expect(await sendAll()).toEqual([]);

    // A person has reconciled, and switches mails on.
    await asUser(sql, owner, (mine) => mine`select public.set_switch('mail', true, 'Reconciled')`);
    expect(await sendAll()).toEqual(["fresh@example.test"]);
    expect(await verify()).toEqual([]);
  }, 180_000);

  it("knows from the journal what was given when the database itself is lost", async () => {
    await bill("2027-02-01T06:00:00Z");
    const lost = await numbers();
    await writeJournal(sql, dataDir, new Date());
    await stop();
    writeFileSync(join(home.clusterDir, "global", "pg_control"), "damaged");
    const restored = await restoreBackup({
      home,
      file: backup,
      floor: [parseFloor("CRN-2027-000003")],
      now: new Date(),
      log: () => {},
    });
    expect(restored.numbers).toEqual([
      { series: "CRN", year: 2027, first: 1, last: 3 },
      { series: "INV", year: 2027, first: 1, last: 12 },
    ]);
    await start();
    await bill("2027-03-01T06:00:00Z");
    const given = await numbers();
    expect(given.filter((n) => lost.includes(n) && !issuedBefore.includes(n))).toEqual([]);
  }, 180_000);
});
