import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  isNotificationTemplate,
  type MailCharge,
  type PAYLOAD_SCHEMAS,
} from "@/lib/notifications/payloads";
import { mailName, mailParagraph, mailSubject } from "@/lib/notifications/plain-text";
import { type MailContext, RenderingError, renderNotification } from "@/lib/notifications/render";
import { friendFacts } from "@/tests/support/facts";

/** Short enough not to be cut as a name. */
const HOSTILE = "<img src=x onload>";
const INJECTED = "A\r\nBcc: x@y";
const NBSP = "\u00a0";

const context = (changes: Partial<MailContext> = {}): MailContext => ({
  brandName: "Acme Fibre",
  supportEmail: "support@acmefibre.example",
  siteUrl: "https://fibre.example",
  timeZone: "Africa/Johannesburg",
  currency: "ZAR",
  seller: {
    name: "Acme Fibre (Pty) Ltd",
    address: ["1 Long Street", "Cape Town", "8001"],
    registration_number: "2019/123456/07",
  },
  choicesUrl: null,
  ...changes,
});

// 22:30 UTC is already the 14th in Johannesburg.
const LATE = "2026-12-13T22:30:00.123456+00:00";
const REFERRER = "00000000-0000-4000-8000-000000000001";
const REFERRAL = "00000000-0000-4000-8000-000000000002";

/** Where a friend stood, as the database says it. */
const standing = (changes: Parameters<typeof friendFacts>[0]) => ({
  facts: friendFacts({ activation_due_at: "2027-01-12T22:00:00Z", ...changes }),
  as_of: LATE,
});

const charge = (changes: Partial<MailCharge> = {}): MailCharge => ({
  price_cents: 69_900,
  amount_due_cents: 69_900,
  waived_cents: 0,
  days: 31,
  days_in_period: 31,
  was_suspended: false,
  completes_earlier: false,
  ...changes,
});

const mailInvoice = (changes: Record<string, unknown> = {}) => ({
  invoice_number: "INV-2026-000123",
  period_start: "2026-12-01",
  due_on: "2026-12-31",
  currency: "ZAR",
  package_name: "Fibre 50",
  charge: charge(),
  before: charge({ price_cents: 59_900, amount_due_cents: 59_900, days: 30, days_in_period: 30 }),
  outstanding_cents: 69_900,
  ...changes,
});

/** A valid payload of every template, and what the mail has to say. */
const MAILS: Record<
  keyof typeof PAYLOAD_SCHEMAS,
  { payload: Record<string, unknown>; subject: string; facts: string[] }
> = {
  order_received: {
    payload: {
      first_name: "Lerato",
      order_number: "4K7-M2P",
      package_name: "Fibre 50",
      monthly_price_cents: 69_900,
      currency: "ZAR",
      referral: "recorded",
      inviter: "Thandi",
    },
    subject: "We have your order 4K7-M2P",
    facts: [
      "Hello Lerato,",
      "Order number\n4K7-M2P",
      "Package\nFibre 50",
      `R${NBSP}699.00`,
      "with the invitation of Thandi, who sees your first name",
      "https://fibre.example/dashboard",
    ],
  },
  service_active: {
    payload: {
      first_name: "Lerato",
      order_number: "4K7-M2P",
      package_name: "Fibre 50",
      monthly_price_cents: 69_900,
      currency: "ZAR",
      referral: "none",
      inviter: null,
    },
    subject: "Fibre 50 is active",
    facts: ["Your service is active", "Order number\n4K7-M2P", `R${NBSP}699.00`],
  },
  service_suspended: {
    payload: { first_name: "Lerato", package_name: "Fibre 50", on: "2026-12-14", is_overdue: true },
    subject: "Fibre 50 is suspended",
    facts: [
      "Suspended since\n14 Dec 2026",
      "An invoice of yours is overdue.",
      "https://fibre.example/invoices",
    ],
  },
  service_reactivated: {
    payload: {
      first_name: "Lerato",
      package_name: "Fibre 50",
      on: "2026-12-14",
      is_overdue: false,
    },
    subject: "Fibre 50 works again",
    facts: ["Active again since\n14 Dec 2026", "leave out the days"],
  },
  service_package_changed: {
    payload: {
      first_name: "Lerato",
      from_package: "Fibre 50",
      from_price_cents: 69_900,
      to_package: "Fibre 100",
      to_price_cents: 89_900,
      effective_on: "2027-01-01",
      currency: "ZAR",
    },
    subject: "Your package changes to Fibre 100",
    facts: [
      "Package before\nFibre 50",
      `Price before\nR${NBSP}699.00 per month`,
      `Price\nR${NBSP}899.00 per month`,
      "From\n1 Jan 2027",
    ],
  },
  invoice_issued: {
    payload: {
      first_name: "Lerato",
      currency: "ZAR",
      payment_instructions: "Standard Bank\nAccount 123 456 789",
      invoices: [mailInvoice()],
    },
    subject: "Invoice INV-2026-000123 for December 2026: R 699.00",
    facts: [
      "Invoice\nINV-2026-000123",
      "Month\nDecember 2026",
      "Service\nFibre 50",
      `Amount due\nR${NBSP}699.00`,
      "Due by\n31 Dec 2026",
      `It is R${NBSP}100.00 more than the last one: the price is R${NBSP}699.00 per month, it was R${NBSP}599.00.`,
      "Standard Bank\n\nAccount 123 456 789",
      "as reference: INV-2026-000123.",
      "https://fibre.example/invoices/INV-2026-000123",
    ],
  },
  invoice_overdue: {
    payload: {
      first_name: "Lerato",
      currency: "ZAR",
      payment_instructions: "",
      invoices: [mailInvoice({ outstanding_cents: 20_000 })],
    },
    subject: "Reminder: invoice INV-2026-000123 is overdue, R 200.00",
    facts: ["Was due on\n31 Dec 2026", `Left to pay\nR${NBSP}200.00`],
  },
  payment_received: {
    payload: {
      first_name: "Lerato",
      currency: "ZAR",
      payments: [
        { invoice_number: "INV-2026-000123", amount_cents: 69_900, paid_on: "2026-12-14" },
      ],
      balance_cents: 0,
    },
    subject: "We received R 699.00 for invoice INV-2026-000123",
    facts: [
      "Received on\n14 Dec 2026",
      "There is nothing to pay on your account.",
      "https://fibre.example/invoices",
    ],
  },
  role_changed: {
    payload: { name: "Naledi", from_role: "support", to_role: "billing", is_active: true },
    subject: "Your role is now Billing",
    facts: ["Hello Naledi,", "Role before\nSupport", "Role now\nBilling"],
  },
  password_changed: {
    payload: { first_name: "Thandi", at: LATE },
    subject: "Your password was changed",
    facts: [
      "Hello Thandi,",
      "When\n14 Dec 2026, 00:30",
      "Was it not you?",
      "https://fibre.example/forgot-password",
    ],
  },
  email_changed: {
    payload: { first_name: "Thandi", audience: "old", other_address: "t•••@e•••.com", at: LATE },
    subject: "The e-mail address of your account was changed",
    facts: [
      "Address now\nt•••@\u2060e•••.\u2060com",
      "This one no longer opens it",
      "an account had this address until now",
      "Write to us support@acmefibre.example",
    ],
  },
  erasure_asked: {
    payload: { first_name: "Thandi", at: LATE },
    subject: "You asked us to erase your personal details",
    facts: [
      "Hello Thandi,",
      "Asked on\n14 Dec 2026, 00:30",
      "Was it not you, or have you changed your mind?",
      "Write to us support@acmefibre.example",
    ],
  },
  new_device: {
    payload: { first_name: "Thandi", device: "Firefox on Windows", at: LATE },
    subject: "New sign-in to your account: Firefox on Windows",
    facts: ["Browser\nFirefox on Windows", "When\n14 Dec 2026, 00:30", "Was it not you?"],
  },
  erasure_requested: {
    payload: { customer_id: REFERRER, customer_name: "Thandi Mokoena" },
    subject: "Thandi Mokoena asks for erasure",
    facts: ["Thandi Mokoena asks us to erase", `https://fibre.example/admin/customers/${REFERRER}`],
  },
  coverage_opened: {
    payload: {
      first_name: "Lerato",
      suburb: "Gardens",
      postal_code: "8001",
      package_slug: "fibre-50",
      referral_code: "REF-7K2M9QXA",
    },
    subject: "We can connect Gardens now",
    facts: [
      "Hello Lerato,",
      "when we reach Gardens, 8001",
      "https://fibre.example/order/account?package=fibre-50&ref=REF-7K2M9QXA",
    ],
  },
  friend_coverage_opened: {
    payload: { first_name: "Thandi" },
    subject: "Somebody you invited can be connected now",
    facts: ["Hello Thandi,", "Your invitation is kept for their order"],
  },
  referral_signup: {
    payload: {
      first_name: "Thandi",
      friend: "Lerato M.",
      qualifying_days: 30,
      activation_window_days: 1,
      paid_invoices_required: 1,
      ...standing({ status: "pending" }),
    },
    subject: "Lerato M. ordered with your code",
    facts: [
      "Hello Thandi,",
      "Lerato has ordered; the 30 days start when the service is active.",
      "The service must be active by 12 Jan 2027.",
      "Step 1 of 4: ordered",
      "To become active\nwithin 1 day",
      "Counts after\n30 days of service and a paid invoice",
      "https://fibre.example/dashboard",
      "somebody used your referral code",
    ],
  },
  referral_activated: {
    payload: {
      first_name: "Thandi",
      friend: "Lerato M.",
      ...standing({
        status: "active",
        activated_at: "2026-11-13T22:00:00Z",
        qualifies_at: "2026-12-13T22:30:00Z",
        paid_invoices: 0,
      }),
      as_of: "2026-11-13T22:00:00Z",
    },
    subject: "Lerato M. is active; the days end on 14 Dec 2026",
    facts: [
      "Step 2 of 4: active",
      "Days end on\n14 Dec 2026",
      "Lerato counts on 14 Dec 2026, if the service stays active and the first invoice is paid by then.",
    ],
  },
  referral_qualified: {
    payload: {
      first_name: "Thandi",
      friend: "Lerato M.",
      paid_invoices_required: 0,
      progress: { counted: 1, required: 2 },
    },
    subject: "Lerato M. now counts: 1 of 2 for a free month",
    facts: [
      "Lerato M. now counts",
      "That is 1 of 2: one more friend, and you have a free month.",
      "Towards your free month\n1 of 2 friends",
      "Step 3 of 3: counted",
    ],
  },
  referral_news: {
    payload: {
      first_name: "Thandi",
      items: [
        {
          kind: "order_cancelled",
          referral_id: REFERRAL,
          friend: "Lerato M.",
          ...standing({
            status: "cancelled",
            status_reason: "order_cancelled",
            activated_at: null,
            cancelled_at: LATE,
          }),
        },
        { kind: "claim_made", claim_id: REFERRER, friend: "Sipho D." },
        { kind: "refused_rate_limited" },
        { kind: "refused_rate_limited" },
      ],
    },
    subject: "News about your referrals",
    facts: [
      "Hello Thandi,",
      "Lerato M.: The order was cancelled before the service was active. If Lerato orders again with your code, it counts.",
      "Sipho D. says that you invited them",
      "your month is full. The next month is open again. (2 times)",
      "https://fibre.example/dashboard",
    ],
  },
  referral_update: {
    payload: {
      first_name: "Thandi",
      kind: "extended",
      audience: "referrer",
      referral_id: REFERRAL,
      friend: "Lerato M.",
      until: "2026-12-31",
      ...standing({ status: "pending", activation_due_at: "2026-12-31T22:00:00Z" }),
    },
    subject: "More time for the installation of Lerato M.",
    facts: [
      "The installation for Lerato M. takes longer.",
      "stays open until 31 Dec 2026.",
      "The service must be active by 31 Dec 2026.",
    ],
  },
  reward_earned: {
    payload: {
      first_name: "Thandi",
      expires_at: LATE,
      friends: ["Lerato M.", "Sipho D."],
      worth_cents: 69_900,
      currency: "ZAR",
    },
    subject: "You earned a free month",
    facts: [
      "Lerato M. and Sipho D. have brought you a free month.",
      "Your reward\n1 free month",
      `Worth at today’s price\nR${NBSP}699.00`,
      "Valid until\n14 Dec 2026",
      "on the invoice of your next whole month",
    ],
  },
  reward_applied: {
    payload: {
      first_name: "Thandi",
      invoice_number: "INV-2026-000123",
      amount_waived_cents: 123_450,
      amount_due_cents: 0,
      period_start: "2026-12-01",
      currency: "ZAR",
    },
    subject: "Your free month was used on INV-2026-000123: R 1 234.50 less",
    facts: [
      "the free month that your friends brought you",
      "Invoice\nINV-2026-000123",
      "Month\nDecember 2026",
      `Free month\n-R${NBSP}1${NBSP}234.50`,
      `Amount due\nR${NBSP}0.00`,
      "https://fibre.example/invoices/INV-2026-000123",
      "https://fibre.example/survey/INV-2026-000123",
    ],
  },
  reward_granted: {
    payload: {
      first_name: "Thandi",
      reason: "Sorry for\nthe outage",
      expires_at: LATE,
      worth_cents: null,
      currency: "ZAR",
    },
    subject: "A free month as goodwill",
    facts: [
      "Goodwill\n1 free month",
      "Reason\n\nSorry for\n\nthe outage",
      "Valid until\n14 Dec 2026",
    ],
  },
  reward_revoked: {
    payload: { first_name: "Thandi", reason: "Granted twice" },
    subject: "A free month was taken back",
    facts: ["Reason\n\nGranted twice", "please write to us"],
  },
  reward_expiring: {
    payload: { first_name: "Thandi", expires_at: LATE, worth_cents: 69_900, currency: "ZAR" },
    subject: "Your free month is valid until 14 Dec 2026",
    facts: [`Worth at today’s price\nR${NBSP}699.00`, "Valid until\n14 Dec 2026"],
  },
  reward_expired: {
    payload: { first_name: "Thandi", expires_at: LATE },
    subject: "A free month expired",
    facts: ["Was valid until\n14 Dec 2026"],
  },
  referral_rejected: {
    payload: {
      first_name: "Thandi",
      friend: "Lerato M.",
      referral_id: REFERRAL,
      ask_until: "2026-12-31",
    },
    subject: "Lerato M. does not count towards a free month",
    facts: ["You can ask until\n31 Dec 2026", `https://fibre.example/appeal/${REFERRAL}`],
  },
  appeal_received: {
    payload: { first_name: "Thandi", friend: "Lerato M.", due_on: "2026-12-21" },
    subject: "We look at Lerato M. again",
    facts: ["Answer by\n21 Dec 2026"],
  },
  appeal_decided: {
    payload: { first_name: "Thandi", friend: "Lerato M.", outcome: "upheld" },
    subject: "Lerato M. counts like your other friends",
    facts: ["as if nothing had happened"],
  },
  credit_note_issued: {
    payload: {
      first_name: "Thandi",
      credit_note_number: "CRN-2026-000001",
      invoice_number: "INV-2026-000123",
      total_cents: 10_000,
      reason: "A week without service",
      balance_cents: -10_000,
      currency: "ZAR",
    },
    subject: "Credit note CRN-2026-000001 for invoice INV-2026-000123",
    facts: ["Reason\n\nA week without service", "is your credit"],
  },
  programme_digest: {
    payload: {
      first_name: "Thandi",
      items: [
        {
          template: "referral_qualified",
          payload: {
            first_name: "Thandi",
            friend: "Lerato M.",
            paid_invoices_required: 0,
            progress: { counted: 2, required: 2 },
          },
        },
        {
          template: "reward_earned",
          payload: {
            first_name: "Thandi",
            expires_at: LATE,
            friends: ["Sipho D.", "Lerato M."],
            worth_cents: 69_900,
            currency: "ZAR",
          },
        },
      ],
    },
    subject: "You earned a free month",
    facts: [
      "Hello Thandi,",
      "Lerato M. now counts: 2 of 2 for a free month.",
      "https://fibre.example/dashboard",
    ],
  },
  suspicious_activity: {
    payload: {
      referrer_id: REFERRER,
      referrer_name: "Thandi Mokoena",
      referral_id: REFERRAL,
      friend_name: "Lerato Molefe",
      signals: ["velocity", "a_newer_signal"],
    },
    subject: "Please review a referral of Thandi Mokoena",
    facts: [
      "Referrer\nThandi Mokoena",
      "Friend\nLerato Molefe",
      "Signal 1\nMany referrals in a day",
      "Signal 2\na_newer_signal",
      `Referral ${REFERRAL}`,
      `Referrer ${REFERRER}`,
      `https://fibre.example/admin/review/${REFERRAL}`,
    ],
  },
  billing_run_failed: {
    payload: { run_id: REFERRAL, period_start: "2026-12-01", errors: 1, invoices: 240 },
    subject: "Billing run for December 2026 failed with 1 error",
    facts: [
      "Month\nDecember 2026",
      "Invoices issued\n240",
      "Errors\n1",
      `https://fibre.example/admin/billing/runs/${REFERRAL}`,
    ],
  },
  services_unbilled: {
    payload: {
      services: 4,
      months: [
        { period_start: "2026-10-01", services: 1, errors: 0 },
        { period_start: "2026-11-01", services: 3, errors: 1 },
      ],
    },
    subject: "4 service months not billed yet",
    facts: [
      "October 2026\n1 service",
      "November 2026\n3 services, 1 error",
      "https://fibre.example/admin/billing/unbilled",
    ],
  },
  invariants_violated: {
    payload: {
      violations: 3,
      rules: [
        { invariant: 7, rule: "number is missing", count: 2 },
        { invariant: 14, rule: "account does not add up", count: 1 },
      ],
    },
    subject: "The nightly check found 3 violations",
    facts: [
      "Invariant 7\nnumber is missing (2 times)",
      "Invariant 14\naccount does not add up",
      "https://fibre.example/admin",
    ],
  },
  mail_outage: {
    payload: {
      opened_at: "2026-11-20T08:00:00+00:00",
      closed_at: "2026-11-20T09:30:00+00:00",
      cause: "refused",
      waiting: 42,
    },
    subject: "Mails leave again after an outage",
    facts: [
      "From\n20 Nov 2026, 10:00",
      "What the provider said\nIt refused our key or our sender",
      "Mails that waited\n42",
      "https://fibre.example/admin/mailbox",
    ],
  },
};

const templates = Object.keys(MAILS) as (keyof typeof MAILS)[];

/** What each mail looks like. A first run of a new one writes it, for a person to look at. */
const SNAPSHOTS = "./mails";
const CHOICES = "https://fibre.example/mail-preferences?token=abc";
/** Mails that are always sent, and those to the team. */
const WITHOUT_CHOICE =
  /^(order|service|password|email|new_device|role|erasure|coverage|suspicious|billing|invariants|mail)/;
const kept = readdirSync(new URL(SNAPSHOTS, import.meta.url)).sort();

it("has a picture in words of each template, and of nothing else", () => {
  expect(kept).toEqual(templates.flatMap((name) => [`${name}.html`, `${name}.txt`]).sort());
});
const toPeople = templates.filter((template) => "first_name" in MAILS[template].payload);

/** What somebody gets until they are a customer, and what a friend is told of the referral. */
const TO_PROSPECTS: readonly [keyof typeof MAILS, object][] = [
  ["order_received", {}],
  ["order_received", { referral: "not_applied", inviter: null }],
  ["coverage_opened", {}],
  ["coverage_opened", { suburb: "", package_slug: null, referral_code: null }],
  ["referral_update", { audience: "friend", kind: "attached", inviter: "Thandi" }],
  ["referral_update", { audience: "friend", kind: "extended", inviter: "", until: "2026-12-14" }],
];

it.each(TO_PROSPECTS)("%s promises a prospect no reward: %o", async (template, change) => {
  const payload = { ...MAILS[template].payload, ...change };
  const { subject, text } = await renderNotification(template, payload, context());
  expect(`${subject} ${text}`).not.toMatch(/free month|reward|earn|invite (your )?friends/i);
});

describe.each(templates)("%s", (template) => {
  const { payload, subject, facts } = MAILS[template];

  it("says what happened in both versions, with brand and support address", async () => {
    const mail = await renderNotification(template, payload, context());
    expect(mail.subject).toBe(subject);
    for (const fact of facts) expect(mail.text).toContain(fact);
    for (const word of ["Acme Fibre", "support@acmefibre.example", "You get this mail because"]) {
      expect(mail.text).toContain(word);
      expect(mail.html).toContain(word);
    }
    expect(mail.html).toMatch(/^<!DOCTYPE html/);
    expect(mail.html.match(/class="button"/g)).toHaveLength(1);
    expect(mail.text).not.toMatch(/!|undefined|NaN|\[object/);
  });

  it("looks as it did when somebody looked at it", async () => {
    const choicesUrl = WITHOUT_CHOICE.test(template) ? null : CHOICES;
    const mail = await renderNotification(template, payload, context({ choicesUrl }));
    // A line per element, so that a difference can be read.
    const html = mail.html.replaceAll("><", ">\n<");
    await expect(html).toMatchFileSnapshot(`${SNAPSHOTS}/${template}.html`);
    await expect(`${mail.subject}\n\n${mail.text}\n`).toMatchFileSnapshot(
      `${SNAPSHOTS}/${template}.txt`,
    );
  });

  it("is the same byte for byte each time", async () => {
    const twice = await Promise.all(
      [0, 1].map(() => renderNotification(template, payload, context())),
    );
    expect(twice[0]).toEqual(twice[1]);
  });

  it("shows markup and header lines as text in each of its texts", async () => {
    const free = [
      ...["first_name", "friend", "friends", "inviter", "package_name", "reason", "signals"],
      ...["device", "other_address", "customer_name", "referrer_name", "friend_name"],
    ];
    const poison = (value: string) =>
      Object.fromEntries(
        Object.entries(payload).map(([key, given]) => {
          if (!free.includes(key)) return [key, given];
          return [key, Array.isArray(given) ? [value] : value];
        }),
      );
    const marked = await renderNotification(template, poison(HOSTILE), context());
    expect(marked.html).not.toContain("<img");
    if (free.some((key) => key in payload && payload[key] !== null)) {
      expect(marked.html).toContain("&lt;img src=x onload&gt;");
      expect(marked.text).toContain(HOSTILE);
    }
    const injected = await renderNotification(template, poison(INJECTED), context());
    expect(injected.subject).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    if (subject.includes("Lerato")) expect(injected.subject).toContain("A Bcc: x@y");
  });

  it("shows markup in brand and support address as text", async () => {
    const mail = await renderNotification(
      template,
      payload,
      context({ brandName: HOSTILE, supportEmail: `"${HOSTILE}"@x.example` }),
    );
    expect(mail.html).not.toContain("<img");
  });

  it("refuses a payload that lacks a field, naming it", async () => {
    for (const key of Object.keys(payload)) {
      const { [key]: _dropped, ...rest } = payload;
      const rendering = renderNotification(template, rest, context());
      await expect(rendering).rejects.toThrow(RenderingError);
      await expect(rendering).rejects.toThrow(key);
    }
  });
});

describe("a mail", () => {
  it.each(toPeople)("%s greets a person without a name", async (template) => {
    const payload = { ...MAILS[template].payload, first_name: " " };
    const mail = await renderNotification(template, payload, context());
    expect(mail.text).toContain("Hello,");
  });

  it("to a new address says that it opens the account now", async () => {
    const payload = { ...MAILS.email_changed.payload, audience: "new" };
    const { text } = await renderNotification("email_changed", payload, context());
    expect(text).toContain("Address before\nt•••@\u2060e•••.\u2060com");
    expect(text).toContain("From now on you sign in with it.");
  });

  it.each([
    [{ counted: 2, required: 2 }, "That is 2 of 2, which makes a free month."],
    [{ counted: 1, required: 3 }, "That is 1 of 3: two more friends, and you have a free month."],
  ])("about a friend who counts says how many more it takes: %o", async (progress, sentence) => {
    const payload = { ...MAILS.referral_qualified.payload, progress };
    const { text } = await renderNotification("referral_qualified", payload, context());
    expect(text).toContain(sentence);
  });

  it.each([
    [[], "The friends you invited have brought you"],
    [["Lerato M."], "Lerato M. has brought you"],
  ])("about an earned free month names who brought it: %j", async (friends, sentence) => {
    const payload = { ...MAILS.reward_earned.payload, friends, worth_cents: null };
    const { text } = await renderNotification("reward_earned", payload, context());
    expect(text).toContain(sentence);
    expect(text).not.toContain("Worth");
  });

  it("names goodwill as such when it was used", async () => {
    const payload = { ...MAILS.reward_applied.payload, source: "manual" };
    const { text } = await renderNotification("reward_applied", payload, context());
    expect(text).toContain("the free month that our team gave you as goodwill");
    expect(text).toContain("because our team gave you a free month as goodwill");
  });

  it("names whose code was refused many times, and links to them", async () => {
    const payload = { ...MAILS.suspicious_activity.payload, kind: "refused_attempts", attempts: 7 };
    const { subject, text } = await renderNotification("suspicious_activity", payload, context());
    expect(subject).toBe("The code of Thandi Mokoena was refused many times");
    expect(text).toContain("7 orders within 24 hours came with the code of Thandi Mokoena");
    expect(text).toContain(`https://fibre.example/admin/customers/${REFERRER}/referrals`);
  });

  it("shows dates in the billing time zone", async () => {
    const { payload } = MAILS.reward_expiring;
    const mail = await renderNotification("reward_expiring", payload, context({ timeZone: "UTC" }));
    expect(mail.subject).toBe("Your free month is valid until 13 Dec 2026");
  });

  it("shows the amount that a capped free month leaves", async () => {
    const payload = {
      ...MAILS.reward_applied.payload,
      amount_waived_cents: 50_000,
      amount_due_cents: 29_900,
      currency: "USD",
    };
    const { text } = await renderNotification("reward_applied", payload, context());
    expect(text).toContain(`Free month\n-USD${NBSP}500.00`);
    expect(text).toContain(`Amount due\nUSD${NBSP}299.00`);
  });

  it("puts an invoice number into the address safely", async () => {
    const payload = { ...MAILS.reward_applied.payload, invoice_number: '../x?"' };
    const { html } = await renderNotification("reward_applied", payload, context());
    expect(html).toContain("https://fibre.example/invoices/..%2Fx%3F%22");
  });

  it.each([
    ["reward_applied", { amount_waived_cents: 1.5 }],
    ["reward_applied", { amount_due_cents: -1 }],
    ["reward_applied", { period_start: "2026-13-01" }],
    ["reward_earned", { expires_at: "soon" }],
    ["referral_signup", { friend: "\u0000 " }],
    ["referral_signup", { qualifying_days: "30" }],
    ["referral_activated", { as_of: "soon" }],
    ["referral_news", { items: [{ kind: "order_cancelled", friend: "Lerato M." }] }],
    ["reward_revoked", { reason: "\n" }],
    ["billing_run_failed", { run_id: "7" }],
  ] as const)("of %s is refused with %j", async (template, change) => {
    const payload = { ...MAILS[template].payload, ...change };
    await expect(renderNotification(template, payload, context())).rejects.toThrow(RenderingError);
  });

  it.each(["unknown", "toString", "__proto__", ""])("of template %j is refused", async (name) => {
    expect(isNotificationTemplate(name)).toBe(false);
    await expect(renderNotification(name, {}, context())).rejects.toThrow(RenderingError);
  });
});

describe("the mails of the auth server", () => {
  const folder = new URL("../../supabase/templates/", import.meta.url);
  const schema = readFileSync(
    new URL("../../supabase/schemas/030_settings.sql", import.meta.url),
    "utf8",
  );

  it.each(readdirSync(folder))("%s has our brand and the line of the company", (name) => {
    const html = readFileSync(new URL(name, folder), "utf8");
    const seller = z
      .object({ name: z.string(), address: z.array(z.string()), registration_number: z.string() })
      .parse(JSON.parse(/'(\{"name": [^']+\})'/.exec(schema)?.[1] ?? ""));
    expect(html).toContain(
      `${seller.name} · ${seller.address.join(", ")} · Registration ${seller.registration_number}`,
    );
    expect(html).toContain(">Acme Fibre</td>");
    expect(html).toContain("You get this mail because");
  });
});

describe("a name in a mail", () => {
  it("is too short for a message, for whomever it is", async () => {
    const message = "Your account is locked call us";
    const { text } = await renderNotification(
      "referral_signup",
      { ...MAILS.referral_signup.payload, friend: message, first_name: message },
      context(),
    );
    expect(text).toContain("Hello Your account is loc…,");
    expect(text).toContain("Your account is locked…");
    const order = { ...MAILS.order_received.payload, inviter: message };
    expect((await renderNotification("order_received", order, context())).text).toContain(
      "the invitation of Your account is loc…, who sees",
    );
  });

  it.each([
    ["Thandi", "Thandi"],
    ["  Anna\tMaria ", "Anna Maria"],
    ["J. P.", "J. P."],
    ["Lerato M.", "Lerato M."],
    ["o'Brien-Smith", "o'Brien-Smith"],
    ["नर्\u200dस", "नर्\u200dस"],
    ["evil\u202egnp.exe", "evilgnp.\u2060exe"],
    ["zero\u200bwidth", "zerowidth"],
    ["two\u2028lines", "two lines"],
    ["\u0000\u0007", ""],
  ])("%j reads %j", (raw, shown) => expect(mailName(raw)).toBe(shown));

  it.each(["https://evil.example", "www.evil.example", "a@evil.example", "t.co/x", "evil。com"])(
    "%s is not an address that mail readers link",
    (raw) => {
      const shown = mailName(raw);
      expect(shown.replaceAll("\u2060", "")).toBe(raw);
      expect(shown).not.toMatch(/:\/\/|@\w|\w[.。]\w{2}/u);
    },
  );

  it("is shortened between characters", () => {
    const shown = mailName("😀".repeat(100));
    expect([...shown]).toHaveLength(60);
    expect(shown).toMatch(/^(😀)+…$/u);
  });
});

describe("other texts in a mail", () => {
  it("keep the line breaks of a reason and lose what cannot be seen", () => {
    expect(mailParagraph(" one\r\ntwo\u0007\u2028 three\u202e ")).toBe("one\ntwo\nthree");
  });

  it("a subject is one bounded line", () => {
    expect(mailSubject("A\r\nBcc: x@y\u0085z")).toBe("A Bcc: x@y z");
    expect([...mailSubject("x".repeat(500))]).toHaveLength(140);
    expect(mailSubject("evil.\u2060com")).toBe("evil.com");
  });
});

describe("an invoice mail says why the amount differs", () => {
  const why = async (now: Partial<MailCharge>, before: Partial<MailCharge> | null) => {
    const payload = {
      ...MAILS.invoice_issued.payload,
      invoices: [mailInvoice({ charge: charge(now), before: before && charge(before) })],
    };
    const { text } = await renderNotification("invoice_issued", payload, context());
    return /It is (?:the|R)[^\n]+/.exec(text)?.[0] ?? text;
  };

  it.each([
    ["for the first one", {}, null, "It is the first for this service."],
    [
      "for a part of the first month",
      { amount_due_cents: 22_548, days: 10 },
      null,
      "It is the first for this service, and covers 10 of 31 days.",
    ],
    ["when it does not", {}, {}, "It is the same amount as the last one."],
    [
      "with a free month",
      { amount_due_cents: 0, waived_cents: 69_900 },
      {},
      `It is R${NBSP}699.00 less than the last one: a free month takes R${NBSP}699.00 off.`,
    ],
    [
      "after a free month",
      {},
      { amount_due_cents: 0, waived_cents: 69_900 },
      `It is R${NBSP}699.00 more than the last one: a free month lowered the last one.`,
    ],
    [
      "after a suspension",
      { amount_due_cents: 45_097, days: 20, was_suspended: true },
      {},
      `It is R${NBSP}248.03 less than the last one: it covers 20 of 31 days, because the service was suspended.`,
    ],
    [
      "for something else",
      { amount_due_cents: 69_901 },
      {},
      `It is R${NBSP}0.01 more than the last one. The invoice shows each line.`,
    ],
  ])("%s", async (_name, now, before, sentence) => {
    expect(await why(now, before)).toBe(sentence);
  });

  it("names each of several invoices, and their sum", async () => {
    const payload = {
      ...MAILS.invoice_issued.payload,
      invoices: [
        mailInvoice(),
        mailInvoice({ invoice_number: "INV-2026-000124", period_start: "2026-11-01" }),
      ],
    };
    const { subject, text } = await renderNotification("invoice_issued", payload, context());
    expect(subject).toBe("2 new invoices: R 1 398.00");
    expect(text).toContain("as reference: INV-2026-000123, INV-2026-000124.");
    expect(text).toContain("https://fibre.example/invoices\n");
  });
});

describe("each outcome has its own mail", () => {
  const ordered = { template: "referral_signup", payload: MAILS.referral_signup.payload };
  const activated = { template: "referral_activated", payload: MAILS.referral_activated.payload };
  const digest = (...items: object[]) => ({ first_name: "Thandi", items });
  const update = (changes: object) => ({
    first_name: "Thandi",
    referral_id: REFERRAL,
    audience: "referrer",
    friend: "Lerato M.",
    ...standing({ status: "pending" }),
    ...changes,
  });
  const toFriend = (changes: object) => ({
    first_name: "Lerato",
    referral_id: REFERRAL,
    audience: "friend",
    inviter: "Thandi",
    ...changes,
  });

  it.each<[keyof typeof MAILS, object, string, string]>([
    [
      "referral_update",
      update({ kind: "attached" }),
      "Lerato M. is linked to you",
      "We linked Lerato M.’s order to your code, which had been forgotten.",
    ],
    [
      "referral_update",
      update({ kind: "reinstated" }),
      "The referral of Lerato M. counts again",
      "We gave the referral of Lerato M. back to you.",
    ],
    [
      "referral_update",
      toFriend({ kind: "reinstated", inviter: "" }),
      "Your order is linked to your invitation",
      "Your order is linked to the person who invited you again",
    ],
    [
      "referral_update",
      { first_name: "Lerato", audience: "claimant", kind: "claim_rejected" },
      "About the code you forgot",
      "We could not link your order to the person you named.",
    ],
    [
      "referral_news",
      { first_name: "Thandi", items: [{ kind: "claim_made", friend: "Sipho D." }] },
      "Did you invite somebody?",
      "Sipho D. says that you invited them",
    ],
    [
      "referral_news",
      { first_name: "Thandi", items: [{ kind: "refused_program_paused" }] },
      "A code of yours was not applied",
      "while the programme was paused",
    ],
    [
      "appeal_decided",
      { first_name: "Thandi", friend: "Lerato M.", outcome: "dismissed" },
      "The decision about Lerato M. stays",
      "came to the same result",
    ],
    [
      "role_changed",
      { name: "Naledi", from_role: "support", to_role: "support", is_active: true },
      "Your access to the admin area is back",
      "https://fibre.example/admin",
    ],
    [
      "role_changed",
      { name: "Naledi", from_role: "owner", to_role: "owner", is_active: false },
      "Your access to the admin area has ended",
      "ended your access",
    ],
    [
      "reward_applied",
      { ...MAILS.reward_applied.payload, treatment: "consideration", source: "manual" },
      "Your free month was used on INV-2026-000123: R 1 234.50 less",
      "against the total, which keeps the full price and its VAT",
    ],
    [
      "invoice_overdue",
      {
        ...MAILS.invoice_overdue.payload,
        payment_instructions: "Standard Bank",
        invoices: [mailInvoice(), mailInvoice({ invoice_number: "INV-2026-000124" })],
      },
      "Reminder: 2 invoices are overdue, R 1 398.00",
      "as reference: INV-2026-000123, INV-2026-000124.",
    ],
    [
      "payment_received",
      {
        ...MAILS.payment_received.payload,
        payments: [
          { invoice_number: "INV-2026-000123", amount_cents: 60_000, paid_on: "2026-12-14" },
          { invoice_number: "INV-2026-000124", amount_cents: 9_900, paid_on: "2026-12-15" },
        ],
      },
      "We received R 699.00 in 2 payments",
      "15 Dec 2026",
    ],
    [
      "referral_signup",
      { ...MAILS.referral_signup.payload, paid_invoices_required: 3 },
      "Lerato M. ordered with your code",
      "30 days of service and 3 paid invoices",
    ],
    [
      "referral_signup",
      { ...MAILS.referral_signup.payload, paid_invoices_required: 0 },
      "Lerato M. ordered with your code",
      "Counts after\n30 days of service\n",
    ],
    [
      "order_received",
      { ...MAILS.order_received.payload, inviter: "" },
      "We have your order 4K7-M2P",
      "with the invitation of a friend, who sees",
    ],
    [
      "programme_digest",
      digest(ordered, { ...ordered, payload: { ...ordered.payload, friend: "Sipho D." } }),
      "2 friends ordered with your code",
      "Sipho D. ordered with your code.",
    ],
    [
      "programme_digest",
      digest(activated, activated, activated),
      "The services of 3 friends are active",
      "Lerato M. is active",
    ],
    ["programme_digest", digest(ordered, activated), "News about your referrals", "is active"],
  ])("%s: %o", async (template, payload, subject, fact) => {
    const mail = await renderNotification(template, payload, context());
    expect(mail.subject).toBe(subject);
    expect(mail.text).toContain(fact);
  });

  it.each(["programme_digest", "no_such_mail"])("a digest never holds a %s", async (template) => {
    const payload = digest(ordered, { template, payload: {} });
    await expect(renderNotification("programme_digest", payload, context())).rejects.toThrow(
      "Unknown template in a digest",
    );
  });

  it("a part of a month and days of another month are named in an invoice", async () => {
    const payload = {
      ...MAILS.invoice_issued.payload,
      invoices: [
        mailInvoice({
          charge: charge({ amount_due_cents: 45_097, days: 20, completes_earlier: true }),
          before: charge({ days: 12, amount_due_cents: 27_000, completes_earlier: true }),
        }),
      ],
    };
    const { text } = await renderNotification("invoice_issued", payload, context());
    expect(text).toContain(
      "it covers 20 of 31 days; the last one covered 12 of 31 days; it includes days before this month; the last one included days before its month.",
    );
  });
});
