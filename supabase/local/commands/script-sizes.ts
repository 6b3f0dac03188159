import { request } from "node:http";

/** JavaScript that a page's first load may cost, in kB as it travels (1 kB = 1000 bytes). */
export const SCRIPT_BUDGETS = { "/": 150, order: 200, "sign-in": 160, dashboard: 240 } as const;

export type BudgetedPage = keyof typeof SCRIPT_BUDGETS;

export const BUDGETED_PAGES: Readonly<Record<BudgetedPage, string>> = {
  "/": "/",
  order: "/order/account?package=fibre-50",
  "sign-in": "/sign-in",
  dashboard: "/dashboard",
};

type Answer = { status: number; body: Buffer; cookies: string[] };

type Question = { method?: string; headers?: Record<string, string>; body?: string };

/** Asks as browsers do, but keeps the bytes of the answer as they travelled. */
function ask(url: URL, { method = "GET", headers, body }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const cookies = response.headers["set-cookie"] ?? [];
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), cookies });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The `Cookie` header of a signed-in demo customer. @throws Error when the sign-in fails */
async function demoSession(siteUrl: string): Promise<string> {
  const { status, cookies } = await ask(new URL("/api/auth/sign-in", siteUrl), {
    method: "POST",
    headers: { "content-type": "application/json", origin: new URL(siteUrl).origin },
    body: JSON.stringify({ email: "referrer@demo.test", password: "referral-demo" }),
  });
  if (status !== 200) throw new Error(`the demo account cannot sign in: ${status}`);
  return cookies.map((cookie) => cookie.split(";", 1)[0] ?? "").join("; ");
}

/** The scripts that a page's HTML names, without those for browsers that know no modules. */
export function scriptsNamedBy(html: string): string[] {
  const tags = html.match(/<script\b[^>]*>/gi) ?? [];
  const names = tags
    .filter((tag) => !/\snomodule\b/i.test(tag))
    .map((tag) => /\ssrc="([^"]+)"/i.exec(tag)?.[1]?.replaceAll("&amp;", "&"))
    .filter((name) => name !== undefined);
  return [...new Set(names)];
}

/**
 * What the first load of each budgeted page costs in JavaScript, in kB as it travels to a client that
 * takes Brotli. The site has the demo data.
 *
 * @throws Error when a page or one of its scripts is not answered, or a page names no script
 */
export async function measureScripts(siteUrl: string): Promise<Record<BudgetedPage, number>> {
  const cookie = await demoSession(siteUrl);
  const sizeOf = async (page: BudgetedPage): Promise<number> => {
    const headers: Record<string, string> = page === "dashboard" ? { cookie } : {};
    const { status, body } = await ask(new URL(BUDGETED_PAGES[page], siteUrl), { headers });
    const names = scriptsNamedBy(body.toString("utf8"));
    if (status !== 200 || names.length === 0) {
      throw new Error(`${page}: answered ${status} and named ${names.length} scripts`);
    }
    const scripts = await Promise.all(
      names.map((name) =>
        ask(new URL(name, siteUrl), { headers: { "accept-encoding": "br, gzip" } }),
      ),
    );
    const failed = scripts.find((script) => script.status !== 200);
    if (failed) throw new Error(`${page}: a script answered ${failed.status}`);
    return scripts.reduce((sum, script) => sum + script.body.length, 0) / 1_000;
  };
  return {
    "/": await sizeOf("/"),
    order: await sizeOf("order"),
    "sign-in": await sizeOf("sign-in"),
    dashboard: await sizeOf("dashboard"),
  };
}

/** The pages above their budget, in words. */
export function scriptsAbove(sizes: Readonly<Record<BudgetedPage, number>>): string[] {
  return (Object.keys(SCRIPT_BUDGETS) as BudgetedPage[])
    .filter((page) => sizes[page] > SCRIPT_BUDGETS[page])
    .map((page) => {
      const size = sizes[page].toFixed(1);
      return `${page}: ${size} kB of scripts, allowed ${SCRIPT_BUDGETS[page]}`;
    });
}
