import { describe, expect, it } from "vitest";
import { textsIn } from "@/lib/language/catalogue";
import { billingSettingsSchema } from "@/lib/programme/billing-settings";
import { describeTerms, type ProgramTerms, programTermsSchema } from "@/lib/programme/terms";
import { billingSettings } from "@/tests/support/facts";
import { DEFAULT_TERMS } from "../support/facts";

const told = (changes: Partial<ProgramTerms> = {}) =>
  describeTerms(
    { ...DEFAULT_TERMS, ...changes },
    { brandName: "Acme Fibre", currency: "ZAR" },
    textsIn("en", "terms"),
  )
    .map(({ title, body }) => `${title}: ${body}`)
    .join("\n")
    .replaceAll("\u00a0", " ");

describe("the terms of the programme", () => {
  it("accept the defaults and the widest bounds", () => {
    expect(programTermsSchema.parse(DEFAULT_TERMS)).toEqual(DEFAULT_TERMS);
    const capped = { ...DEFAULT_TERMS, reward_cap_cents: 50_000, code_prefix: "FIBRE26" };
    expect(programTermsSchema.parse(capped)).toEqual(capped);
  });

  it.each([
    { version: 0 },
    { code_prefix: "R" },
    { code_prefix: "ref" },
    { code_prefix: "REFERRALS" },
    { referrals_required: 0 },
    { referrals_required: 1.5 },
    { qualifying_days: 0 },
    { qualifying_days: 366 },
    { activation_window_days: 0 },
    { reward_expiry_months: 0 },
    { reward_expiry_months: 121 },
    { monthly_referral_limit: 0 },
    { velocity_alert: 0 },
    { reward_cap_cents: 0 },
    { reward_cap_cents: 10.5 },
    { attribution_days: 401 },
    { is_paused: "no" },
  ])("refuse %j", (change) => {
    expect(programTermsSchema.safeParse({ ...DEFAULT_TERMS, ...change }).success).toBe(false);
  });
});

describe("the rules in plain words", () => {
  it("say what is asked of a friend besides the days, and how VAT treats a free month", () => {
    expect(told({ paid_invoices_required: 0 })).toContain("active for 30 days. While");
    expect(told({ paid_invoices_required: 3 })).toContain(
      "active for 30 days and their first three invoices are paid in full",
    );
    expect(told({ reward_vat_treatment: "consideration" })).toContain(
      "pays the full monthly price, including VAT, of one invoice as a credit",
    );
  });

  it("name every number of the terms", () => {
    const text = told({
      referrals_required: 3,
      qualifying_days: 45,
      activation_window_days: 21,
      reward_expiry_months: 18,
      monthly_referral_limit: 7,
      attribution_days: 60,
      reward_cap_cents: 50_000,
    });
    expect(text).toContain("every three friends who count");
    expect(text).toContain("active for 45 days and their first invoice is paid in full");
    expect(text).toContain("A suspension of more than 7 days");
    expect(text).toContain("within 21 days");
    expect(text).toContain("expires 18 months after");
    expect(text).toContain("Up to 7 friends per calendar month");
    expect(text).toContain("remembered for 60 days");
    expect(text).toContain("up to R 500.00");
    expect(text).toContain("Acme Fibre");
  });

  it("speak of one as one, and of a cap or a pause only when there is one", () => {
    const text = told({ referrals_required: 1, reward_expiry_months: 1, qualifying_days: 1 });
    expect(text).toContain("every friend who counts");
    expect(text).toContain("expires 1 month after");
    expect(text).not.toMatch(/worth up to|paused|\b1 (friends|months|days)\b/);
    expect(told({ is_paused: true })).toMatch(/^The programme is paused: /);
  });

  it("show no exclamation mark and no missing value", () => {
    expect(told()).not.toMatch(/!|undefined|null|NaN/);
  });
});

describe("the billing settings", () => {
  it("accept a complete set", () => {
    expect(billingSettingsSchema.parse(billingSettings())).toEqual(billingSettings());
  });

  it("read a seller without registration number as one that has none", () => {
    const { registration_number: _, ...seller } = billingSettings().seller;
    const parsed = billingSettingsSchema.parse({ ...billingSettings(), seller });
    expect(parsed.seller.registration_number).toBeNull();
  });

  it.each([
    { currency: "rand" },
    { vat_bps: -1 },
    { vat_bps: 10_001 },
    { vat_bps: 15.5 },
    { time_zone: "Africa/Atlantis" },
    { time_zone: "" },
    { invoice_prefix: "inv" },
    { payment_days: 121 },
    { brand_name: "  " },
    { support_email: "support" },
    { seller: {} },
  ])("refuse %j", (change) => {
    expect(billingSettingsSchema.safeParse({ ...billingSettings(), ...change }).success).toBe(
      false,
    );
  });
});
