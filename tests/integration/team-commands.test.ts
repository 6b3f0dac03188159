/** `npm run admin`, `report` and `doctor` against a deployment of their own, in process and as processes. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminCommand } from "@/lib/composition/admin-command";
import { doctorCommand } from "@/lib/composition/doctor-command";
import { reportCommand } from "@/lib/composition/report-command";
import { coverageService } from "@/lib/composition/services";
import type { Site } from "@/supabase/local/commands/next-server";
import { linkTo } from "@/tests/support/account-mails";
import { Browser, newAccount } from "@/tests/support/api";
import { capturedOutput } from "@/tests/support/command-output";
import { enterEnvironment } from "@/tests/support/environment";
import { startCommand } from "@/tests/support/job-process";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { newEmail } from "@/tests/support/people";
import { ownSite, ROOMY } from "@/tests/support/site";

let own: OwnStack;
let site: Site;
beforeAll(async () => {
  process.env.LITE_AUTH_BCRYPT_COST ??= "4";
  own = await ownStack();
  site = await ownSite(own.stack, ROOMY);
});
afterAll(async () => {
  await site?.stop();
  await own?.stop();
});

const run = (command: "admin" | "doctor", argv: string[] = [], env: Record<string, string> = {}) =>
  startCommand(command, { LOCAL_DATA_DIR: own.dataDir, SITE_URL: site.url, ...env }, ...argv).ended;
const asProcess = (...argv: string[]) => run("admin", argv);

/** The same command in this process: what it writes, and its exit code. */
async function inProcess(
  command: (terminal: ReturnType<typeof capturedOutput>) => Promise<number>,
): Promise<{ code: number; out: string; error: string }> {
  const leave = enterEnvironment({
    LOCAL_DATA_DIR: own.dataDir,
    SITE_URL: site.url,
    SUPABASE_URL: "",
    SUPABASE_PUBLISHABLE_KEY: "",
    SUPABASE_SECRET_KEY: "",
    LOG_LEVEL: "silent",
  });
  const terminal = capturedOutput();
  try {
    const code = await command(terminal);
    return { code, out: terminal.out, error: terminal.error };
  } finally {
    leave();
  }
}
const admin = (...argv: string[]) => inProcess((terminal) => adminCommand(argv, terminal));
const account = () =>
  newAccount(newEmail("colleague"), {
    apiUrl: own.stack.apiUrl,
    publishableKey: own.stack.publishableKey,
  });

describe("npm run admin", () => {
  test("makes the first owner, lists, changes and removes; the last owner stays", async () => {
    expect((await admin("list")).out).toContain("Nobody is in the team yet.");
    const first = await account();
    const added = await asProcess("add", first.email, "--role", "owner");
    expect(added).toMatchObject({ code: 0 });
    expect(added.out).toContain(`${first.email} is owner from now on.`);

    for (const argv of [
      ["remove", first.email],
      ["add", first.email, "--role", "support"],
    ]) {
      const refused = await admin(...argv);
      expect([argv[0], refused.code]).toEqual([argv[0], 1]);
      expect(refused.error).toMatch(/owner/i);
    }

    const second = await account();
    await admin("add", second.email, "--role", "owner");
    expect(await admin("remove", first.email)).toMatchObject({ code: 0 });
    const { out } = await admin("list");
    expect(out).toMatch(new RegExp(`${second.email}\\s+owner\n`));
    expect(out).toMatch(new RegExp(`${first.email}\\s+owner\\s+\\(removed\\)`));
    expect((await asProcess("remove", second.email)).code).toBe(1);

    const rows = await own.sql<{ action: string }[]>`
      select action from audit_log where entity_type = 'admin' order by id`;
    expect(rows.map(({ action }) => action)).toEqual([
      "admin.added",
      "admin.added",
      "admin.changed",
    ]);
  }, 60_000);

  test("invites somebody without an account, who has the role once they open the link", async () => {
    const email = newEmail("invited");
    const { code, out } = await admin("add", email, "--role", "billing");
    expect(code).toBe(0);
    expect(out).toContain("once they have opened the link");
    const browser = new Browser({}, site.url);
    expect(await browser.pressLink(await linkTo(own.dataDir, email))).toContain("/reset-password");
    expect((await browser.get("/api/admin/audit")).status).toBe(200);
  });

  test("replaces the list of suburbs from a file, which a dry run only counts", async () => {
    const file = join(own.dataDir, "suburbs.csv");
    const list = (covered: string) =>
      writeFileSync(file, `suburb,city,postal_code,covered\nGardens,Cape Town,8001,${covered}\n`);
    list("no");
    const counted = await admin("coverage", file, "--dry-run");
    expect(counted).toMatchObject({ code: 0 });
    expect(counted.out).toMatch(
      /^Project: .*\n1 suburb, 0 of them covered; there were 0 before\.\n0 people waited for a suburb that is open now\.\nNothing was changed\.\n$/,
    );
    expect((await admin("coverage", file)).out).not.toContain("Nothing was changed");
    const waiting = { first_name: "Lerato", email: newEmail("waits"), postal_code: "8001" };
    await coverageService(own.client).wait({ ...waiting, suburb: "Gardens" }, "fibre-50", null);
    list("yes");
    expect((await admin("coverage", file)).out).toContain(
      "1 suburb, 1 of them covered; there were 1 before.\n1 person waited",
    );
    writeFileSync(file, "suburb\nGardens\n");
    const refused = await admin("coverage", file);
    expect(refused.code).toBe(1);
    expect(refused.error).toContain("Missing: city, postal_code, covered.");
  });

  test("explains itself after wrong words, and does nothing", async () => {
    const { code, error, out } = await asProcess("add", "person@example.test", "--role", "king");
    expect([code, out]).toEqual([2, ""]);
    expect(error).toContain("Usage: npm run admin");
  });

  test("says that nobody has the address", async () => {
    const { code, error } = await admin("remove", "nobody@example.test");
    expect(code).toBe(1);
    expect(error).toContain("Nobody in the team has the address nobody@example.test");
  });
});

describe("npm run report", () => {
  test("shows the launch targets of this database, for people and for scripts", async () => {
    const table = await inProcess((terminal) => reportCommand(["launch"], terminal));
    expect(table.code).toBe(0);
    expect(table.error).toMatch(/^Database: embedded, http/);
    expect(table.out).toContain("No day of the launch is set.");
    const json = await inProcess((terminal) => reportCommand(["launch", "--json"], terminal));
    expect(JSON.parse(json.out)).toMatchObject({ launched_on: null });
  });
});

describe("npm run doctor", () => {
  test("finds nothing to mend on a stack that works", async () => {
    const { code, out } = await run("doctor");
    expect(out).toContain("Nothing to mend.");
    expect(code).toBe(0);
    expect(await inProcess(doctorCommand)).toMatchObject({ code: 0, out });
  });

  test("names what does not work, and fails", async () => {
    const project = {
      SUPABASE_URL: own.stack.apiUrl,
      SUPABASE_PUBLISHABLE_KEY: own.stack.publishableKey,
      SUPABASE_SECRET_KEY: own.stack.secretKey,
    };
    const { code, out } = await run("doctor", [], {
      ...project,
      SUPABASE_SECRET_KEY: "sb_secret_of_another_project",
      SITE_URL: "http://127.0.0.1:9",
      SMTP_HOST: "127.0.0.1",
      SMTP_PORT: "9",
    });
    expect(code).toBe(1);
    expect(out).toMatch(/✘ keys .*The secret key cannot read the database/);
    expect(out).toMatch(/✘ account mails .*ECONNREFUSED/);
    expect(out).toMatch(/✘ site .*sessions would travel unencrypted/);
    expect(out).toMatch(/\? sign-in .*enable_confirmations/);
    expect(out).toMatch(/\d to mend\.\n$/);
    // The right key, and a database whose last migration is missing.
    await own.sql`
      update supabase_migrations.schema_migrations set version = '20200101000000'`;
    const older = await run("doctor", [], { ...project, SITE_URL: "https://127.0.0.1:9" });
    expect(older.out).toMatch(/✘ migrations .*supabase db push/);
    expect(older.out).toMatch(/✘ site .*does not answer/);
    expect(older.out).toMatch(/✘ cron secret /);
    expect(older.out).not.toMatch(/✘ keys/);
  });
});
