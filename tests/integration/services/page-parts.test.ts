/** What pages are built of, as they ask for it while they are rendered. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { answerSignIn } from "@/lib/composition/auth-forms";
import { getInvitation, getInviter, invitationStanding } from "@/lib/composition/invitation";
import { getMailChoices } from "@/lib/composition/mail-choices";
import { writeMetrics } from "@/lib/composition/metrics";
import { startMonitoring } from "@/lib/composition/monitoring";
import { getTermsVersions } from "@/lib/composition/public-site";
import { readReadiness } from "@/lib/composition/readiness";
import { ownSecondFactors } from "@/lib/composition/second-factors";
import { shareMetadata } from "@/lib/composition/share-metadata";
import { answerSharePicture } from "@/lib/composition/share-picture";
import { captchaSettings, captchaSources, requirePerson } from "@/lib/http/captcha";
import { hasReceipt, orderReceipt } from "@/lib/http/order-receipt";
import { noteRequest } from "@/lib/http/request-metrics";
import { OWN_INVITATION_HEADER } from "@/lib/orders/referral-cookies";
import { serialiseReferralCookie } from "@/lib/referrals/referral-cookie";
import { EMBEDDED_MODE_VARIABLE } from "@/lib/supabase/embedded-mode";
import { SCHEMA_VERSION } from "@/lib/supabase/schema-version";
import {
  type CustomerAccount,
  customerAccount,
  enterStackEnvironment,
  secretClient,
} from "@/tests/support/api";
import { sharedDatabase } from "@/tests/support/database";
import { enterEnvironment } from "@/tests/support/environment";
import { failureOf } from "@/tests/support/failure";
import { visitor } from "@/tests/support/next-request";
import { newAddress, PASSWORD } from "@/tests/support/people";
import { sqlFailure, stubClient } from "@/tests/support/stub-client";

vi.mock("next/headers", async () => (await import("@/tests/support/next-request")).nextHeaders);
vi.mock("next/server", async (original) => ({
  ...(await original<typeof import("next/server")>()),
  after: (await import("@/tests/support/next-request")).after,
}));

const sql = sharedDatabase();
const passOn = globalThis.fetch;
/** Answers that a test puts in place of the real ones, by the end of the address. */
let answers: Record<string, () => Response> = {};
let restore: () => void;
let referrer: CustomerAccount;

beforeAll(async () => {
  restore = enterStackEnvironment({ TRUSTED_PROXY_HOPS: "1", RATE_LIMIT_FACTOR: "1000" });
  referrer = await customerAccount(sql, { firstName: "Thandi" });
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const name = Object.keys(answers).find((end) => pathname.endsWith(end));
    return (name && answers[name]?.()) || passOn(input, init);
  });
});
afterAll(async () => {
  vi.unstubAllGlobals();
  restore();
  await sql.end();
});
beforeEach(() => {
  visitor.reset();
  visitor.headers = new Headers({ "next-action": "1", "x-forwarded-for": newAddress() });
  answers = {};
});

const broken = () => Response.json({ message: "gone" }, { status: 500 });

function remember(code: string, firstName: string): void {
  visitor.cookies.set("referral", serialiseReferralCookie({ code, firstName }));
}

async function signIn({ email }: CustomerAccount): Promise<void> {
  const data = new FormData();
  data.append("email", email);
  data.append("password", PASSWORD);
  expect(await answerSignIn(data)).toMatchObject({ goTo: "/dashboard" });
}

describe("the invitation of a page", () => {
  test("is the one that the browser remembers, once its code is checked", async () => {
    expect(await getInvitation()).toBeNull();
    expect(await getInviter()).toBeNull();
    const code = referrer.customer.referral_code;
    remember(code, "");
    expect(await getInvitation()).toMatchObject({ code, isShown: false });
    expect(await getInviter()).toBeNull();
    remember(code, "Thandi");
    expect(await getInvitation()).toMatchObject({ code, standing: "prospect", isShown: true });
    expect(await getInviter()).toEqual({ code, firstName: "Thandi" });
  });

  test("is nobody's for the customer whose own link it is, or who has a home already", async () => {
    const code = referrer.customer.referral_code;
    remember(code, "Thandi");
    await signIn(referrer);
    expect(await getInvitation()).toMatchObject({ standing: "own_code" });
    expect(await getInviter()).toBeNull();
    visitor.cookies.clear();
    visitor.headers.set(OWN_INVITATION_HEADER, "1");
    expect(await getInvitation()).toEqual({
      code: null,
      firstName: "",
      standing: "own_code",
      isShown: true,
    });
    remember(code, "Thandi");
    expect(await getInvitation()).toMatchObject({ code, firstName: "Thandi" });
  });

  test("never takes the page down", async () => {
    await signIn(referrer);
    answers["/rpc/get_my_session"] = broken;
    expect(await invitationStanding(referrer.customer.referral_code)).toBe("prospect");
  });
});

describe("a shared page", () => {
  test("has its own title and address, and the picture of the brand", async () => {
    const metadata = await shareMetadata({
      title: "Packages",
      description: "All.",
      path: "/packages",
    });
    expect(metadata).toMatchObject({ title: "Packages", description: "All." });
    expect(JSON.stringify(metadata.alternates)).toContain("/packages");
    expect(JSON.stringify(metadata.openGraph)).toContain("/share-picture/home.png");
    const home = await shareMetadata({ title: { absolute: "Home" }, description: "", path: "/" });
    expect(home.openGraph).toMatchObject({ title: "Home" });
    const unnamed = await shareMetadata({
      title: { default: "x", template: "%s" },
      description: "",
      path: null,
    });
    expect(unnamed).toMatchObject({ robots: { index: false } });
  });

  test("opened with a link is that person's invitation, and no page of its own", async () => {
    const code = referrer.customer.referral_code;
    remember(code, "Thandi");
    const metadata = await shareMetadata({
      title: "Packages",
      description: "All.",
      path: "/packages",
    });
    expect(metadata.openGraph).toMatchObject({
      title: expect.stringMatching(/^Thandi invites you to /),
    });
    expect(metadata).toMatchObject({ robots: { index: false } });
    expect(metadata.description).toContain("The price is the same with and without an invitation.");
    expect(metadata.alternates).toBeUndefined();
    expect(JSON.stringify(metadata.twitter)).toContain(`/share-picture/${code}.png`);
    remember(code, "\u05d3\u05d5\u05d3");
    const turned = await shareMetadata({
      title: "Packages",
      description: "All.",
      path: "/packages",
    });
    expect(JSON.stringify(turned.openGraph)).toContain("\u2068\u05d3\u05d5\u05d3\u2069 invites");
  });
});

describe("the picture of a link", () => {
  const picture = async (name: string, headers: Record<string, string> = {}) => {
    const response = await answerSharePicture(
      name,
      new Headers({ "x-forwarded-for": newAddress(), ...headers }),
    );
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  const isPng = (bytes: Buffer) => bytes.subarray(1, 4).toString() === "PNG";

  test("is drawn per inviter, the same for every code that cannot be used", async () => {
    const own = await picture(`${referrer.customer.referral_code}.png`);
    expect(own.response.headers.get("cache-control")).toBe("public, max-age=3600");
    expect(isPng(own.bytes)).toBe(true);
    const brand = await picture("home.png");
    const unknown = await picture("REF-00000000.png");
    expect(unknown.bytes.equals(brand.bytes)).toBe(true);
    expect(own.bytes.equals(brand.bytes)).toBe(false);
    const etag = own.response.headers.get("etag") ?? "";
    const again = await picture(`${referrer.customer.referral_code}.png`, {
      "if-none-match": etag,
    });
    expect(again.response.status).toBe(304);
    expect(again.bytes).toHaveLength(0);
  });

  test("is drawn for any name: long, accented, and in scripts that the font lacks", async () => {
    const names = [
      "Ntombizodwa Nomvula Gugulethu Sibongile",
      "Zoë",
      "\u05d3\u05d5\u05d3",
      "木村",
      "Ṩ\u0323",
    ];
    const drawn = [];
    for (const firstName of names) {
      const other = await customerAccount(sql, { firstName });
      drawn.push(await picture(`${other.customer.referral_code}.png`));
    }
    expect(drawn.every(({ bytes }) => isPng(bytes))).toBe(true);
  });

  test("is the mark alone while the database does not answer, and is not kept", async () => {
    answers["/rpc/get_public_site"] = broken;
    const { response, bytes } = await picture("home.png");
    expect(isPng(bytes)).toBe(true);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
});

describe("readiness", () => {
  test("says what runs here", async () => {
    const ready = await readReadiness(secretClient());
    expect(ready).toMatchObject({ status: "ok", migration: SCHEMA_VERSION, disk: "unknown" });
    const leave = enterEnvironment({
      ENABLE_REFERRAL_REWARDS: "false",
      [EMBEDDED_MODE_VARIABLE]: "demo",
      LOCAL_DATA_DIR: "/tmp",
    });
    try {
      expect(await readReadiness(secretClient())).toMatchObject({
        rewards: "off",
        disk: expect.stringMatching(/^(ok|low)$/),
      });
      const gone = enterEnvironment({ LOCAL_DATA_DIR: "/no/such/directory" });
      expect(await readReadiness(secretClient())).toMatchObject({ disk: "unknown" });
      gone();
    } finally {
      leave();
    }
  });

  test("refuses a database of another release, and tells held mails from an outage", async () => {
    const health = {
      migration: SCHEMA_VERSION,
      switches: { rewards: true, mail: true },
      mail_outage_since: "2026-03-01T08:00:00Z",
      database_bytes: 1,
    };
    const real = z
      .record(z.string(), z.unknown())
      .parse((await secretClient().rpc("check_health" as never)).data);
    const of = (changes: object) =>
      readReadiness(stubClient({ status: 200, body: { ...real, ...health, ...changes } }).server);
    expect(await of({})).toMatchObject({ mail: "outage", rewards: "on" });
    expect(
      await of({ switches: { ...(real.switches as object), rewards: false, mail: false } }),
    ).toMatchObject({
      mail: "held",
      rewards: "off",
    });
    expect(await failureOf(of({ migration: null }))).toMatchObject({ code: "unavailable" });
    expect(await failureOf(of({ migration: "99999999999999" }))).toMatchObject({
      code: "unavailable",
    });
  });
});

describe("monitoring", () => {
  test("shows the process alone when the database gives no metrics", async () => {
    const all = await writeMetrics(secretClient());
    const alone = await writeMetrics(stubClient(sqlFailure("57014", "slow")).server);
    expect(alone.text).toContain("process_cpu");
    expect(all.text.length).toBeGreaterThan(alone.text.length);
  });

  test("keeps the durations of requests every minute, and none is lost while it cannot", async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    try {
      await startMonitoring();
      const asked: string[] = [];
      let fails = true;
      answers["/rpc/record_request_durations"] = () => {
        asked.push(fails ? "failed" : "kept");
        return fails ? broken() : new Response(null, { status: 204 });
      };
      vi.advanceTimersByTime(60_000);
      noteRequest({ requestId: "r", method: "GET", route: "/", status: 200, ms: 3, role: "page" });
      vi.advanceTimersByTime(60_000);
      await vi.waitFor(() => expect(asked).toContain("failed"));
      fails = false;
      await vi.waitFor(() => {
        vi.advanceTimersByTime(60_000);
        expect(asked).toContain("kept");
      });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("other parts of pages", () => {
  test("a link in a mail opens the choices of its customer, another opens none", async () => {
    expect(await getMailChoices("x")).toBeNull();
    expect(await getMailChoices("0".repeat(72))).toBeNull();
    answers["/rpc/get_mail_choices"] = () => Response.json({ programme: true, invoices: false });
    expect(await getMailChoices("0".repeat(72))).toEqual({ programme: true, invoices: false });
    answers["/rpc/get_mail_choices"] = broken;
    expect(await failureOf(getMailChoices("0".repeat(72)))).toMatchObject({ code: "internal" });
  });

  test("a version of the terms, and the current one", async () => {
    const { terms, currentVersion, versions } = await getTermsVersions(null);
    expect(terms).not.toBeNull();
    expect(versions.map(({ version }) => version)).toContain(currentVersion);
    expect((await getTermsVersions(currentVersion)).terms).not.toBeNull();
    expect((await getTermsVersions(9_999)).terms).toBeNull();
  });

  test("the authenticator apps of a person; none can be set up where the auth server takes none", async () => {
    await signIn(await customerAccount(sql));
    expect(await ownSecondFactors()).toEqual({ isAvailable: true, factors: [] });
    answers["/auth/v1/user"] = () =>
      Response.json({ error_code: "mfa_totp_enroll_not_enabled", msg: "x" }, { status: 422 });
    expect(await ownSecondFactors()).toEqual({ isAvailable: false, factors: [] });
    visitor.cookies.clear();
    expect(await failureOf(ownSecondFactors())).toMatchObject({ code: expect.any(String) });
  });

  test("the receipt of an order opens that order, and none that somebody made up", () => {
    const id = "aaaaaaaa-0000-4000-8000-000000000001";
    const { name, value } = orderReceipt(id);
    const jar = (text?: string) => ({
      get: (asked: string) => (asked === name && text !== undefined ? { value: text } : undefined),
    });
    expect(hasReceipt(jar(value), id)).toBe(true);
    expect(hasReceipt(jar(value), id.replace("1", "2"))).toBe(false);
    expect(hasReceipt(jar(`${id}.${"0".repeat(64)}`), id)).toBe(false);
    expect(hasReceipt(jar(id), id)).toBe(false);
    expect(hasReceipt(jar(), id)).toBe(false);
  });

  test("the check for people names its provider to the content policy, and asks it", async () => {
    expect(captchaSettings()).toBeNull();
    expect(captchaSources().frames).toBe("");
    await requirePerson(undefined, null);
    for (const [provider, host] of [
      ["turnstile", "challenges.cloudflare.com"],
      ["hcaptcha", "hcaptcha.com"],
    ] as const) {
      const leave = enterEnvironment({
        CAPTCHA_PROVIDER: provider,
        CAPTCHA_SITE_KEY: "site",
        CAPTCHA_SECRET_KEY: "secret",
      });
      try {
        expect(captchaSources().frames).toContain(host);
        expect(await failureOf(requirePerson(undefined, null))).toMatchObject({
          code: "captcha_failed",
        });
        answers["/siteverify"] = () => Response.json({ success: true });
        await requirePerson("token", "192.0.2.1");
        answers["/siteverify"] = () => Response.json({ success: false });
        expect(await failureOf(requirePerson("token", null))).toMatchObject({
          code: "captcha_failed",
        });
        answers["/siteverify"] = () => Response.json({ nothing: true });
        expect(await failureOf(requirePerson("token", null))).toMatchObject({
          code: "unavailable",
        });
        answers["/siteverify"] = () => new Response("not JSON");
        expect(await failureOf(requirePerson("token", null))).toMatchObject({
          code: "unavailable",
        });
      } finally {
        leave();
      }
    }
  });
});
