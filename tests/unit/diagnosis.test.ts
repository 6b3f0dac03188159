import { describe, expect, it } from "vitest";
import { type DeploymentFacts, diagnose, type Finding } from "@/lib/jobs/diagnosis";

const NOW = new Date("2026-11-30T08:00:00Z");
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

const state = {
  now: NOW,
  migrations: ["20261130000000", "20261201000000"],
  owners: 1,
  mailDueSince: ago(-5),
  expiryDueSince: null,
  lastBillingRunAt: ago(60 * 24 * 3),
};
const templates = { confirmation: "<p>Confirm</p>", recovery: "<p>Choose</p>" };
const project = {
  siteUrl: "https://refer.example",
  forwardsAddresses: true,
  smtpHost: "smtp.example",
  templates: { confirmation: "<p>Confirm</p>\n", recovery: " <p>Choose</p>" },
};

/** A deployment on which nothing is to mend. */
const healthy: DeploymentFacts = {
  embedded: false,
  siteUrl: "https://refer.example",
  supabaseUrl: "https://project.supabase.co",
  publishableKey: "sb_publishable_key",
  secretKey: "sb_secret_key",
  hasCronSecret: true,
  hasMailKey: true,
  askedAt: NOW,
  migrations: state.migrations,
  state,
  auth: { autoConfirm: false, signUpClosed: false },
  isOpenToStrangers: false,
  site: { status: 200 },
  smtp: { greeting: "220 smtp.example ESMTP" },
  project,
  templates,
};

const bad = (changes: Partial<DeploymentFacts>, verdict: Finding["verdict"] = "mend") =>
  diagnose({ ...healthy, ...changes })
    .filter((finding) => finding.verdict === verdict)
    .map(({ what, text }) => `${what}: ${text}`);

describe("the doctor", () => {
  it("finds nothing on a deployment that is well", () => {
    expect(bad({})).toEqual([]);
    expect(bad({}, "look")).toEqual([]);
    expect(diagnose(healthy).length).toBeGreaterThan(10);
  });

  const problem = { problem: "it answers 401" };
  it.each<[string, Partial<DeploymentFacts>, RegExp]>([
    ["keys of the old kind", { secretKey: "eyJhbGciOiJIUzI1NiJ9" }, /^keys: .*sb_secret_/],
    ["a publishable key of another project", { auth: problem }, /^keys: The publishable.*401/],
    ["a secret key of another project", { state: problem }, /^keys: The secret key.*401/],
    ["functions open to strangers", { isOpenToStrangers: true }, /^keys: .*publishable key alone/],
    [
      "a migration that was not applied",
      { state: { ...state, migrations: ["20261130000000"] } },
      /^migrations: .*20261201000000.*db push/,
    ],
    ["a clock that is late", { askedAt: ago(1) }, /^clock: .*60 seconds.*NTP/],
    ["a team without an owner", { state: { ...state, owners: 0 } }, /^owner: .*admin -- add/],
    [
      "closed sign-ups",
      { auth: { autoConfirm: false, signUpClosed: true } },
      /^sign-in: .*enable_signup/,
    ],
    [
      "a project without a mail server",
      { project: { ...project, smtpHost: "" } },
      /^account mails: .*its team only.*SMTP_/,
    ],
    ["a mail server that is away", { smtp: { problem: "refused" } }, /^account mails: .*refused/],
    [
      "a mail that differs from its template",
      { project: { ...project, templates: { ...project.templates, recovery: "<p>Other</p>" } } },
      /^templates: .*: recovery\. .*config push/,
    ],
    ["settings that cannot be read", { project: problem }, /^templates: .*401/],
    [
      "links to another site",
      { project: { ...project, siteUrl: "http://localhost:3000" } },
      /^links: .*localhost:3000.*SITE_URL/,
    ],
    [
      "visitors who count as one",
      { project: { ...project, forwardsAddresses: false } },
      /^addresses: .*IP address forwarding/,
    ],
    ["a site without encryption", { siteUrl: "http://refer.example" }, /site: .*https/],
    ["a site that is away", { site: { problem: "ECONNREFUSED" } }, /^site: .*ECONNREFUSED/],
    ["a site without its database", { site: { status: 503 } }, /^site: .*503.*log/],
    ["mails that nobody sends", { state: { ...state, mailDueSince: ago(16) } }, /^jobs: .*notify/],
    [
      "referrals that nobody expires",
      { state: { ...state, expiryDueSince: ago(181) } },
      /^jobs: .*expire.*CRON_SECRET/,
    ],
    ["no secret for the cron", { hasCronSecret: false }, /^cron secret: CRON_SECRET/],
  ])("names %s, and what to do", (_, changes, sentence) => {
    const found = bad(changes);
    expect(found.some((text) => sentence.test(text))).toBe(true);
    // One defect is not reported as many.
    expect(found.length).toBeLessThanOrEqual(2);
  });

  it.each<[string, Partial<DeploymentFacts>, RegExp]>([
    [
      "a database of newer code",
      { state: { ...state, migrations: [...state.migrations, "20270101000000"] } },
      /^migrations: .*20270101000000.*older version/,
    ],
    [
      "addresses that nobody confirms",
      { auth: { autoConfirm: true, signUpClosed: false } },
      /^sign-in: .*enable_confirmations/,
    ],
    ["a mail server that it cannot try", { smtp: null }, /^account mails: SMTP_HOST/],
    ["settings that it may not read", { project: null }, /^templates: .*SUPABASE_ACCESS_TOKEN/],
    ["mails that are captured", { hasMailKey: false }, /^programme mails: .*RESEND_API_KEY/],
    [
      "a month without a billing run",
      { state: { ...state, lastBillingRunAt: ago(60 * 24 * 33) } },
      /^billing: .*job -- billing/,
    ],
  ])("asks to look at %s", (_, changes, sentence) => {
    expect(bad(changes)).toEqual([]);
    expect(bad(changes, "look")).toEqual([expect.stringMatching(sentence)]);
  });

  it("does not ask of the embedded stack what only a project has", () => {
    const embedded: DeploymentFacts = {
      ...healthy,
      embedded: true,
      siteUrl: "http://localhost:3000",
      supabaseUrl: "http://127.0.0.1:54321",
      hasCronSecret: false,
      hasMailKey: false,
      auth: { autoConfirm: true, signUpClosed: false },
      smtp: null,
      project: null,
    };
    expect(diagnose(embedded).filter(({ verdict }) => verdict !== "ok")).toEqual([]);
  });
});
