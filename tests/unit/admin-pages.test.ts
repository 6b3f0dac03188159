import { describe, expect, test } from "vitest";
import {
  draftOf as draftOfMails,
  readDraft as readMailsDraft,
  settingChanges,
} from "@/components/admin/mailbox/mail-settings-fields";
import { mailStatus } from "@/components/admin/mailbox/mail-status";
import { actionsFor, DIALOGS, packageOf } from "@/components/admin/orders/order-actions";
import { termsChanges } from "@/components/admin/programme/terms-changes";
import { draftOf, readDraft } from "@/components/admin/programme/terms-draft";
import { termsOf } from "@/components/admin/programme/terms-form-fields";
import { afterDecision, queuePosition } from "@/components/admin/review/queue-position";
import type { OrderRow } from "@/lib/admin/order-schemas";
import { DEFAULT_TERMS } from "@/tests/support/facts";

const PACKAGES = [
  { slug: "fibre-50", name: "Fibre 50", monthly_price_cents: 79_900 },
  { slug: "fibre-100", name: "Fibre 100", monthly_price_cents: 99_900 },
];

type Service = NonNullable<OrderRow["service"]>;

const service = (status: Service["status"]): Service => ({
  id: "20000000-0000-4000-8000-000000000000",
  customer_id: "30000000-0000-4000-8000-000000000000",
  order_id: "10000000-0000-4000-8000-000000000000",
  status,
  package_name: "Fibre 50",
  monthly_price_cents: 79_900,
  earlier_price: null,
  activated_at: null,
  suspended_at: null,
  cancelled_at: null,
  is_external: false,
  price_change_on: null,
});

const order = (status: OrderRow["status"], of: OrderRow["service"] = null): OrderRow => ({
  id: "10000000-0000-4000-8000-000000000000",
  status,
  created_at: "2026-11-01T08:00:00Z",
  activated_at: null,
  cancelled_at: null,
  cancel_reason: null,
  referral_code: null,
  referral_outcome: "none",
  order_number: "4K7-M2P",
  referral_reason: null,
  external_id: null,
  customer: { id: "c", name: "Thandi Mokoena", email: "thandi@example.test" },
  package_name: "Fibre 20",
  referrer: null,
  service: of,
});

describe("what can be done with an order", () => {
  test.each([
    ["pending", "pending", ["start_installation", "activate", "change_package", "cancel_order"]],
    ["installing", "pending", ["activate", "change_package", "cancel_order"]],
    ["active", "active", ["change_package", "suspend", "cancel_service"]],
    ["active", "suspended", ["change_package", "reactivate", "cancel_service"]],
    ["active", "cancelled", []],
    ["cancelled", "cancelled", []],
  ] as const)("%s with a service that is %s", (status, serviceStatus, actions) => {
    expect(actionsFor(order(status, service(serviceStatus)), PACKAGES)).toEqual(actions);
  });

  test("a service elsewhere has no package of ours", () => {
    const elsewhere = { ...service("active"), is_external: true };
    expect(actionsFor(order("active", elsewhere), PACKAGES)).toEqual(["suspend", "cancel_service"]);
  });

  test("the package cannot be changed when no other is on sale", () => {
    const [own] = PACKAGES;
    const active = order("active", service("active"));
    expect(actionsFor(active, own ? [own] : [])).toEqual(["suspend", "cancel_service"]);
    // The same package at another price is another choice.
    const dearer = { slug: "fibre-50", name: "Fibre 50", monthly_price_cents: 84_900 };
    expect(actionsFor(active, [dearer])).toContain("change_package");
  });

  test("the package is the ordered one until there is a service", () => {
    expect(packageOf(order("pending"))).toBe("Fibre 20");
    expect(packageOf(order("active", service("active")))).toBe("Fibre 50");
  });

  test("starting the installation needs no reason; what ends something does", () => {
    expect(DIALOGS.start_installation.needsReason).toBeUndefined();
    expect(DIALOGS.start_installation.path(order("pending"))).toBe(
      "/api/admin/orders/10000000-0000-4000-8000-000000000000/installing",
    );
    for (const action of ["cancel_order", "suspend", "cancel_service"] as const) {
      expect(DIALOGS[action].needsReason).toBe(true);
    }
  });
});

test("a queued mail that failed before is shown as retried", () => {
  expect(mailStatus({ status: "queued", attempts: 0 })).toBe("queued");
  expect(mailStatus({ status: "queued", attempts: 2 })).toBe("retrying");
  expect(mailStatus({ status: "failed", attempts: 5 })).toBe("failed");
});

describe("the review queue", () => {
  const items = ["a", "b", "c"].map((id) => ({ id }));
  const at = (chosen: string | null, decided: string[] = [], open = 3) =>
    queuePosition({ items, decided: new Set(decided), chosen, open });

  test("starts at the first case and knows its neighbours", () => {
    expect(at(null)).toMatchObject({ index: 0, current: { id: "a" }, next: { id: "b" }, left: 3 });
    expect(at("b")).toMatchObject({ previous: { id: "a" }, next: { id: "c" } });
    expect(at("c").next).toBeUndefined();
  });

  test("counts the open cases of other pages, without those decided here", () => {
    expect(at(null, ["a"], 10)).toMatchObject({ current: { id: "b" }, left: 9 });
    expect(at(null, ["a", "b", "c"], 10)).toMatchObject({ current: undefined, left: 7 });
    expect(at(null, ["a", "b", "c"])).toMatchObject({ current: undefined, left: 0 });
  });

  test("goes on with the next case after a decision, and back at the end", () => {
    expect(afterDecision(items, "a")).toEqual({ id: "b" });
    expect(afterDecision(items, "c")).toEqual({ id: "b" });
    expect(afterDecision([{ id: "a" }], "a")).toBeUndefined();
  });
});

describe("the form of the mail settings", () => {
  const settings = {
    mails_per_minute: null,
    programme_mails_per_day: 5,
    quiet_from: 20,
    quiet_until: 7,
    soft_bounce_limit: 3,
    soft_bounce_days: 14,
    retention_days: 400,
  };

  test("reads what it shows, no limit too", () => {
    const draft = draftOfMails(settings);
    expect(draft).toMatchObject({ mails_per_minute: "", quiet_from: "20", retention_days: "400" });
    expect(readMailsDraft(draft)).toEqual({ settings, errors: null });
  });

  test.each([
    ["mails_per_minute", "0", "Use 1 or more."],
    ["mails_per_minute", "fast", "Enter a whole number."],
    ["retention_days", "", "Enter a whole number."],
    ["retention_days", "29", "Use 30 or more."],
    ["retention_days", "3651", "Use 3650 or less."],
    ["soft_bounce_days", "1.5", "Enter a whole number."],
  ])("says beside %s what is wrong with %j", (name, text, sentence) => {
    const read = readMailsDraft({ ...draftOfMails(settings), [name]: text });
    expect(read).toEqual({ settings: null, errors: { [name]: sentence } });
  });

  test("names what a version changed, in words", () => {
    const changes = settingChanges(settings, { ...settings, mails_per_minute: 560, quiet_from: 9 });
    expect(changes.map(({ name, from, to }) => [name, from, to])).toEqual([
      ["mails_per_minute", "no limit", "560"],
      ["quiet_from", "20:00", "09:00"],
    ]);
  });
});

describe("the terms form", () => {
  const terms = termsOf({ ...DEFAULT_TERMS, reward_cap_cents: 79_950 });

  test("shows terms and reads the same ones back", () => {
    expect(readDraft(draftOf(terms), false)).toEqual({ terms, errors: null });
    expect(readDraft({ ...draftOf(terms), code_prefix: " ref " }, false).terms?.code_prefix).toBe(
      "REF",
    );
  });

  test("names each wrong field in one sentence", () => {
    const typed = {
      ...draftOf(terms),
      referrals_required: "0",
      qualifying_days: "400",
      attribution_days: "soon",
      code_prefix: "?",
      reward_cap_cents: "much",
    };
    expect(readDraft(typed, false).errors).toEqual({
      referrals_required: "Enter 1 or more.",
      qualifying_days: "Enter 365 or less.",
      attribution_days: "Enter a whole number.",
      code_prefix: "Use 2 to 8 capital letters or digits.",
      reward_cap_cents: "Enter an amount like 799 or 799.50.",
    });
    const zero = { ...draftOf(terms), reward_cap_cents: "0" };
    expect(readDraft(zero, false).errors?.reward_cap_cents).toMatch(/above zero/);
  });

  test("says what changes, also when the programme is paused", () => {
    const next = { ...terms, qualifying_days: 60, reward_cap_cents: null, is_paused: true };
    expect(termsChanges(terms, next, "ZAR")).toEqual([
      { label: "Days until a friend counts", before: "30", after: "60" },
      { label: "Worth at most", before: "R\u00a0799.50", after: "no ceiling" },
      { label: "Programme", before: "running", after: "paused" },
    ]);
  });
});
