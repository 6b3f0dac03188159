import { type BrowserContext, test as base, expect } from "@playwright/test";
import type { Sql } from "postgres";
import { newAddress } from "@/tests/support/people";
import { signIn } from "./accounts";
import { connect } from "./database";

export { expect };

type Account = { email: string; password?: string };

type Fixtures = {
  /**
   * A browser of its own: nothing in it from before, and a client address that nobody else has.
   * With an account, it is signed in.
   */
  newBrowser: (account?: Account) => Promise<BrowserContext>;
  /** What broke inside pages: exceptions, also of hydration, and refusals of the content policy. */
  brokenPages: string[];
};

function watch(context: BrowserContext, problems: string[]): void {
  context.on("weberror", (error) => problems.push(String(error.error())));
  context.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && /content security policy/i.test(text)) problems.push(text);
  });
}

/** A test with a database connection, during which no page may break. */
export const test = base.extend<Fixtures, { sql: Sql }>({
  sql: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from here which fixtures it needs
    async ({}, use) => {
      const sql = connect();
      await use(sql);
      await sql.end({ timeout: 2 });
    },
    { scope: "worker" },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from here which fixtures it needs
  extraHTTPHeaders: async ({}, use) => {
    await use({ "x-forwarded-for": newAddress() });
  },
  // A control that never comes fails its own line, not the whole test's time.
  actionTimeout: 15_000,
  brokenPages: [
    async ({ context }, use) => {
      const problems: string[] = [];
      watch(context, problems);
      await use(problems);
      expect(problems).toEqual([]);
    },
    { auto: true },
  ],
  newBrowser: async ({ browser, brokenPages }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (account) => {
      const context = await browser.newContext({
        extraHTTPHeaders: { "x-forwarded-for": newAddress() },
      });
      opened.push(context);
      watch(context, brokenPages);
      if (account) await signIn(context, account);
      return context;
    });
    await Promise.all(opened.map((context) => context.close()));
  },
});
