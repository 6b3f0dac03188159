/**
 * The way of an invited friend, read as HTML: what it promises, how shared links look, and what
 * search engines and messengers are told.
 */
import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import type { Site } from "@/supabase/local/commands/next-server";
import { Browser, call } from "@/tests/support/api";
import { newPackage, newReferrer, newTerms, type TestCustomer } from "@/tests/support/builders";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { newAddress, orderBody } from "@/tests/support/people";
import { ownSite } from "@/tests/support/site";

let own: OwnStack;
let site: Site;
let thandi: TestCustomer;
let slug: string;

beforeAll(async () => {
  process.env.LITE_AUTH_BCRYPT_COST ??= "4";
  own = await ownStack();
  site = await ownSite(own.stack, { TRUSTED_PROXY_HOPS: "1" });
  thandi = await newReferrer(own.sql, { firstName: "Thandi" });
  slug = (await newPackage(own.sql, { name: "Fibre 50" })).slug;
});
afterAll(async () => {
  await site?.stop();
  await own?.stop();
});

const visitor = (userAgent?: string) =>
  new Browser(
    { "x-forwarded-for": newAddress(), ...(userAgent ? { "user-agent": userAgent } : {}) },
    site.url,
  );

/** What people and programs read of a page: without the scripts. */
const shown = (html: string) => html.replace(/<script\b[^>]*>[\s\S]*?<\/script>/g, " ");
const PROMISE = /free month|you earn|earns? a|invite (your )?friends|reward/i;

const tag = (html: string, name: string): string | undefined =>
  new RegExp(`<meta (?:property|name)="${name}" content="([^"]*)"`).exec(html)?.[1];

describe("with the programme promoted to customers", () => {
  test("nothing on the way of an invited friend promises a reward", async () => {
    const friend = visitor();
    const pages = [
      `/?ref=${thandi.referral_code}`,
      "/packages",
      "/order/account",
      `/order/account?package=${slug}`,
      "/sign-in?next=/refer",
    ];
    for (const path of pages) {
      const page = await friend.get(path);
      expect([path, page.status]).toEqual([path, 200]);
      expect([path, shown(page.text).match(PROMISE)?.[0] ?? null]).toEqual([path, null]);
    }
    expect(shown((await visitor().get("/")).text)).not.toMatch(PROMISE);
  });

  test("the landing page says who invites, and has the packages at once", async () => {
    const page = (await visitor().get(`/?ref=${thandi.referral_code}`)).text;
    expect(page).toMatch(/<h1[^>]*><bdi>Thandi<\/bdi>(<!-- -->)? invites you to/);
    expect(page).toContain(`/order/account?package=${slug}`);
    expect(page).toContain("The price is the same with and without an invitation.");
    expect((await visitor().get("/?ref=REF-ZZZZZZZZ")).text).not.toContain("invites you");
    expect((await visitor().get("/")).text).toContain(`rel="canonical" href="${site.url}`);
  });

  test("customers read how referring works, and others are asked to sign in", async () => {
    const asked = await visitor().get("/refer");
    expect([asked.status, asked.headers.get("location")]).toEqual([307, "/sign-in?next=/refer"]);
    const customer = visitor();
    const placed = await customer.post("/api/orders/create", orderBody(slug), {
      headers: { "idempotency-key": randomUUID() },
    });
    expect(placed.status).toBe(201);
    const page = await customer.get("/refer");
    expect(page.status).toBe(200);
    expect(shown(page.text)).toMatch(/free month/);
  });
});

describe("a shared link", () => {
  test.each([
    ["WhatsApp/2.23.20.0 A"],
    ["facebookexternalhit/1.1"],
    ["Slackbot-LinkExpanding 1.0"],
  ])("shows %s who invites, behind its redirect", async (userAgent) => {
    const messenger = visitor(userAgent);
    const picture = `${site.url}/share-picture/${thandi.referral_code}.png`;
    for (const path of [`/r/${thandi.referral_code}`, `/r/${thandi.referral_code}/${slug}`]) {
      const short = await messenger.get(path);
      const page = await messenger.get(short.headers.get("location") ?? "");
      const [head = ""] = page.text.split("</head>");
      expect(tag(head, "og:title")).toMatch(/^Thandi invites you to /);
      expect(tag(head, "og:image")).toBe(picture);
      expect(tag(head, "robots")).toBe("noindex");
      expect(head).not.toContain('rel="canonical"');
    }
    const answer = await fetch(picture);
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(answer.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  const picture = async (name: string, from = newAddress(), etag?: string) => {
    const answer = await fetch(`${site.url}/share-picture/${name}.png`, {
      headers: { "x-forwarded-for": from, ...(etag ? { "if-none-match": etag } : {}) },
    });
    return {
      status: answer.status,
      cache: answer.headers.get("cache-control"),
      etag: answer.headers.get("etag") ?? "",
      // A digest: a comparison that fails would print the bytes.
      bytes: createHash("sha256")
        .update(Buffer.from(await answer.arrayBuffer()))
        .digest("hex"),
      type: answer.headers.get("content-type"),
    };
  };

  test("has the same picture for every code that cannot be used, to the byte", async () => {
    const suspended = await newReferrer(own.sql);
    await own.sql`
      update customer_services set status = 'suspended', suspended_at = now()
      where customer_id = ${suspended.id}`;
    const plain = await picture("home");
    for (const name of [
      "REF-ZZZZZZZZ",
      suspended.referral_code,
      "%F0%9F%8E%89",
      "%00",
      "a".repeat(300),
    ])
      expect([name, await picture(name)]).toEqual([name, plain]);
    const hers = await picture(thandi.referral_code);
    expect(hers).toMatchObject({ status: 200, cache: plain.cache });
    expect(hers.etag).not.toBe(plain.etag);
    expect((await picture(thandi.referral_code, newAddress(), hers.etag)).status).toBe(304);
  });

  test("names nobody beyond the limit of requests, and is not kept then", async () => {
    const from = newAddress();
    const plain = await picture("home");
    const { limit } = RATE_LIMITS.sharePicture;
    for (let n = 0; n <= 2 * limit; n += 10) {
      await Promise.all(Array.from({ length: 10 }, () => picture("REF-ZZZZZZZZ", from)));
    }
    expect(await picture(thandi.referral_code, from)).toEqual({ ...plain, cache: "no-store" });
    expect((await picture(thandi.referral_code)).etag).not.toBe(plain.etag);
  });

  test("has a picture without a name while the database does not answer, and it is not kept", async () => {
    const cutOff = await ownSite({ ...own.stack, apiUrl: "http://127.0.0.1:9" });
    try {
      const answer = await fetch(`${cutOff.url}/share-picture/${thandi.referral_code}.png`);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/png"]);
      expect(answer.headers.get("cache-control")).toBe("no-store");
    } finally {
      await cutOff.stop();
    }
  });

  test.each([
    ["محمد", "\u2068محمد\u2069"],
    ["Wolfeschlegelsteinhausen", "Wolfeschlegelsteinh…"],
    ["李", "李"],
  ])("is safe for the name %s", async (firstName, title) => {
    const person = await newReferrer(own.sql, { firstName });
    const page = await visitor("WhatsApp/2").get(`/?ref=${person.referral_code}`);
    expect(tag(page.text, "og:title")).toMatch(new RegExp(`^${title} invites you to `));
    expect(await picture(person.referral_code)).toMatchObject({ status: 200, type: "image/png" });
  });
});

describe("search engines and browsers", () => {
  const read = async (path: string) => (await call("GET", path, { site: site.url })).text;

  test("leave out the pages of customers and admins", async () => {
    const robots = await read("/robots.txt");
    for (const path of ["/admin", "/api/", "/dashboard", "/order"]) {
      expect(robots).toContain(`Disallow: ${path}\n`);
    }
    expect(robots).toContain(`Sitemap: ${site.url}/sitemap.xml`);
    const urls = [...(await read("/sitemap.xml")).matchAll(/<loc>([^<]*)/g)].map((one) => one[1]);
    expect(urls).toEqual([`${site.url}/`, `${site.url}/packages`]);
  });

  test("find icons, the manifest, and where a password is changed", async () => {
    const manifest = JSON.parse(await read("/manifest.webmanifest"));
    const paths = manifest.icons.map(({ src }: { src: string }) => src);
    for (const path of [...paths, "/favicon.ico", "/apple-icon.png", "/icon.svg"]) {
      const answer = await call("GET", path, { site: site.url });
      expect([path, answer.status]).toEqual([path, 200]);
    }
    const change = await call("GET", "/.well-known/change-password", { site: site.url });
    expect([change.status, change.headers.get("location")]).toEqual([307, "/security"]);
  });

  test("read each version of the terms at an address of its own", async () => {
    const before = await read("/terms/1");
    expect(before).toContain("two friends who count");
    const version = await newTerms(own.sql, { referrals_required: 3 });
    expect(await read("/terms")).toContain("three friends who count");
    expect(await read(`/terms/${version}`)).toContain("three friends who count");
    const after = await read("/terms/1");
    expect(after).toContain("two friends who count");
    expect(after).toContain("an earlier one");
    for (const path of ["/terms/0", "/terms/999", "/terms/x", "/terms/1e3"]) {
      expect([path, (await call("GET", path, { site: site.url })).status]).toEqual([path, 404]);
    }
  });
});

// Changes the terms for the rest of this file.
test("with the programme promoted to everyone, the landing page explains it, and a pause stops that", async () => {
  await newTerms(own.sql, { promotion: "everyone" });
  expect(shown((await visitor().get("/")).text)).toMatch(/free month/);
  expect((await visitor().get("/refer")).status).toBe(200);
  expect(await (await fetch(`${site.url}/sitemap.xml`)).text()).toContain("/refer");
  await newTerms(own.sql, { is_paused: true });
  expect(shown((await visitor().get("/")).text)).not.toMatch(PROMISE);
});
