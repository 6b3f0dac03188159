/** Public pages under the settings of a deployment: shown from copies, also without a database. */
import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type Answer,
  adminAccount,
  Browser,
  type CustomerAccount,
  call,
  customerAccount,
  dataOf,
} from "@/tests/support/api";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { eventually } from "@/tests/support/eventually";
import { type FaultyProxy, faultyProxy } from "@/tests/support/faulty-proxy";
import { newAddress, newTag } from "@/tests/support/people";
import { one } from "@/tests/support/rows";
import { ownSite, ROOMY, type Site } from "@/tests/support/site";

const sql = sharedDatabase();
let proxy: FaultyProxy;
let site: Site;
let referrer: CustomerAccount;

beforeAll(async () => {
  const { apiUrl, publishableKey, secretKey, cronSecret } = testStack();
  proxy = await faultyProxy(apiUrl);
  site = await ownSite(
    { apiUrl: proxy.url, publishableKey, secretKey, cronSecret },
    { ...ROOMY, PUBLIC_COPY_SECONDS: "2" },
  );
  referrer = await customerAccount(sql, { firstName: "Thandi" });
});
afterAll(async () => {
  await site.stop();
  await proxy.stop();
  await sql.end();
});
beforeEach(() => proxy.decide(() => "answered"));

const page = (path: string) => call("GET", path, { site: site.url });
const friend = () => new Browser({ "x-forwarded-for": newAddress() }, site.url);

/** Until every copy is too old to count as fresh. */
const aged = () => delay(2_100);

/** Tells the package that a test puts on sale from all others. */
async function newOffer(): Promise<string> {
  const name = `Fibre ${newTag()}`;
  await sql`
    insert into public.service_packages (slug, name, monthly_price_cents, download_mbps, upload_mbps)
    values (${newTag()}, ${name}, 59900, 50, 50)`;
  return name;
}

describe("a public page", () => {
  test("is read from the database once, however many people open it", async () => {
    await page("/packages");
    await aged();
    proxy.decide(() => "answered");
    const pages = await Promise.all(Array.from({ length: 20 }, () => page("/packages")));
    expect(pages.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(proxy.seen.length).toBeLessThanOrEqual(1);
    const nonces = pages.map(
      ({ headers }) => /nonce-([0-9a-f]+)/.exec(headers.get("content-security-policy") ?? "")?.[1],
    );
    expect(new Set(nonces).size).toBe(20);
    for (const [index, { text }] of pages.entries()) {
      const used = new Set([...text.matchAll(/nonce="([^"]+)"/g)].map(([, nonce]) => nonce));
      expect([...used]).toEqual([nonces[index]]);
    }
  });

  test("is nobody's but the invited friend's once they opened a link", async () => {
    const plain = await page("/");
    const invited = friend();
    const own = await invited.get(`/?ref=${referrer.customer.referral_code}`);
    expect(own.text).toContain("Thandi");
    expect((await invited.get("/")).text).toContain("Thandi");
    expect((await page("/")).text).not.toContain("Thandi");
    expect(plain.text).not.toContain("Thandi");
  });

  test("is in the language of each browser, beside copies in others and invitations", async () => {
    const open = (accepted: string | null, cookie?: string) =>
      call("GET", "/", {
        site: site.url,
        headers: {
          ...(accepted === null ? {} : { "accept-language": accepted }),
          ...(cookie === undefined ? {} : { cookie }),
        },
      });
    const languageOf = ({ text }: Answer) => /<html[^>]* lang="([^"]+)"/.exec(text)?.[1];
    for (const round of ["made", "copied"]) {
      for (const [accepted, language] of [
        ["af-ZA,af;q=0.9,en;q=0.8", "af-ZA"],
        [null, "en-ZA"],
        ["zu", "zu-ZA"],
        ["de", "en-ZA"],
      ] as const) {
        const shown = await open(accepted);
        expect([round, accepted, languageOf(shown)]).toEqual([round, accepted, language]);
        // No cache between keeps it, so none can mix languages.
        expect(shown.headers.get("cache-control")).toMatch(/private.*no-store/);
      }
      expect(languageOf(await open("af", "language=zu"))).toBe("zu-ZA");
      expect(languageOf(await open("af", "language=pseudo"))).toBe("af-ZA");
      const invited = await call("GET", `/?ref=${referrer.customer.referral_code}`, {
        site: site.url,
        headers: { "accept-language": "af", "x-forwarded-for": newAddress() },
      });
      expect(languageOf(invited)).toBe("af-ZA");
      expect(invited.text).toContain("Thandi");
      expect((await open("af")).text).not.toContain("Thandi");
    }
  });

  test("shows a change after two seconds, and at once what an admin changed here", async () => {
    await page("/packages");
    const name = await newOffer();
    await eventually(async () => (await page("/packages")).text.includes(name) || undefined);

    const owner = await adminAccount(sql, "owner");
    const later = await newOffer();
    expect((await page("/packages")).text).not.toContain(later);
    const admin = new Browser({}, site.url);
    await admin.signIn(owner.email);
    // Any change by an admin makes this process look again.
    const path = `/api/admin/customers/${referrer.customer.id}/referrals/grant`;
    dataOf(await admin.post(path, { reason: "A month of goodwill" }), z.unknown(), 201);
    expect((await page("/packages")).text).toContain(later);
  });

  test("outlives a database that is gone, for who was invited too", async () => {
    const invited = friend();
    await invited.get(`/?ref=${referrer.customer.referral_code}`);
    await invited.get("/packages");
    await page("/packages");
    const { name } = one(
      await sql<
        { name: string }[]
      >`select name from public.service_packages where is_active limit 1`,
    );
    await aged();
    proxy.decide(() => "lost before");
    for (const { status, text } of [await page("/packages"), await invited.get("/packages")]) {
      expect(status).toBe(200);
      expect(text).toContain(name);
    }
    // A new visitor with a link: the code is remembered unchecked, the page is shown.
    const other = friend();
    expect((await other.get(`/packages?ref=${referrer.customer.referral_code}`)).status).toBe(200);
  });

  test("waits two seconds for a database that is slow, and not again for it", async () => {
    // Until the database counts as quick again.
    await eventually(async () => {
      await page("/packages");
      return proxy.seen.includes("get_public_site") || undefined;
    });
    await aged();
    await page("/packages");
    await aged();
    let free = () => {};
    const held = new Promise<void>((resolve) => {
      free = resolve;
    });
    proxy.decide(async () => {
      await held;
      return "answered" as const;
    });
    const timed = async () => {
      const began = performance.now();
      const { status } = await page("/packages");
      return { status, seconds: (performance.now() - began) / 1_000 };
    };
    const first = await timed();
    const second = await timed();
    free();
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(first.seconds).toBeGreaterThan(1.5);
    expect(second.seconds).toBeLessThan(first.seconds);
  });
});

describe("what is answered", () => {
  /** The bytes as they are sent; `fetch` would decompress them. */
  const raw = (path: string, encodings?: string) =>
    new Promise<{ encoding: string | undefined; vary: string; bytes: Buffer }>(
      (resolve, reject) => {
        const headers = encodings === undefined ? {} : { "accept-encoding": encodings };
        request(`${site.url}${path}`, { headers }, async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(Buffer.from(chunk));
          resolve({
            encoding: response.headers["content-encoding"],
            vary: String(response.headers.vary).toLowerCase(),
            bytes: Buffer.concat(chunks),
          });
        })
          .on("error", reject)
          .end();
      },
    );

  test("is compressed as the client takes it: Brotli, else gzip, else not at all", async () => {
    for (const path of ["/packages", "/sign-in"]) {
      const [brotli, gzip, plain] = [
        await raw(path, "gzip, deflate, br"),
        await raw(path, "gzip"),
        await raw(path),
      ];
      expect([brotli.encoding, gzip.encoding, plain.encoding]).toEqual(["br", "gzip", undefined]);
      for (const text of [
        brotliDecompressSync(brotli.bytes),
        gunzipSync(gzip.bytes),
        plain.bytes,
      ]) {
        expect(text.toString()).toContain("</html>");
      }
      expect(brotli.bytes.length).toBeLessThan(plain.bytes.length / 2);
      expect(brotli.vary).toContain("accept-encoding");
    }
  });

  test("a script of the build is compressed and kept for good", async () => {
    const script = /\/_next\/static\/[^"]+\.js/.exec((await page("/packages")).text)?.[0] ?? "";
    const { encoding, bytes } = await raw(script, "br");
    expect(encoding).toBe("br");
    expect(brotliDecompressSync(bytes).length).toBeGreaterThan(bytes.length);
    const { headers } = await page(script);
    expect(headers.get("cache-control")).toContain("immutable");
  });
});
