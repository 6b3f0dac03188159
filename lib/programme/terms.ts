import { z } from "zod";
import type { Texts } from "@/lib/language/translator";

const count = (min: number, max: number) => z.number().int().min(min).max(max);

/** One version of the programme's terms. Frozen onto a referral when it is made. */
export const programTermsSchema = z.object({
  version: z.number().int().min(1),
  /** Stands before the hyphen of new codes; existing codes keep theirs. */
  code_prefix: z.string().regex(/^[A-Z0-9]{2,8}$/, "Use 2 to 8 capital letters or digits."),
  /** Qualified referrals per free month. */
  referrals_required: count(1, 50),
  /** Days without interruption that a referred service must be active before it counts. */
  qualifying_days: count(1, 365),
  /** So many of a friend's invoices must be paid in full before the friend counts. */
  paid_invoices_required: count(0, 12),
  /** A suspension stops the clock; one that is longer than this ends the referral. */
  suspension_grace_days: count(0, 365),
  /** Days that a pending referral waits for its service to become active. */
  activation_window_days: count(1, 365),
  /** Months until an unused reward expires. */
  reward_expiry_months: count(1, 120),
  /** Per referrer and calendar month of the billing time zone. */
  monthly_referral_limit: count(1, 10_000),
  /** More than this many within 24 hours raises a hold and an alert. */
  velocity_alert: count(1, 10_000),
  /** Ceiling of one free month in cents including VAT; null for none. */
  reward_cap_cents: count(1, 100_000_000).nullable(),
  /**
   * `discount`: a free month lowers the price, and VAT is computed on what remains.
   * `consideration`: VAT stays due on the full price, and the free month is a credit.
   */
  reward_vat_treatment: z.enum(["discount", "consideration"]),
  /** `customers`: only customers read about the reward. `everyone`: public pages promote it too. */
  promotion: z.enum(["customers", "everyone"]),
  /** Days that a browser remembers an invitation. */
  attribution_days: count(1, 400),
  is_paused: z.boolean(),
});

export type ProgramTerms = z.infer<typeof programTermsSchema>;

/** The terms as everybody may know them: without the thresholds of fraud rules. */
export const publicTermsSchema = programTermsSchema.omit({ velocity_alert: true });
export type PublicTerms = z.infer<typeof publicTermsSchema>;

/**
 * Whether a page may speak of what referring earns. Customers may always read it; others only where
 * the programme is promoted to everyone, and not while it is paused.
 */
export const mayPromote = (
  terms: Pick<PublicTerms, "promotion" | "is_paused">,
  isCustomer: boolean,
): boolean => isCustomer || (terms.promotion === "everyone" && !terms.is_paused);

export interface TermsSection {
  title: string;
  body: string;
}

/** The programme's rules in plain words, generated from its terms; `currency` is ISO 4217. */
export function describeTerms(
  terms: PublicTerms,
  { brandName, currency }: { brandName: string; currency: string },
  t: Texts<"terms">,
): TermsSection[] {
  const invoices = terms.paid_invoices_required;
  const capped = terms.reward_cap_cents === null ? "no" : "yes";
  const cap = t.money(terms.reward_cap_cents ?? 0, currency);
  const friends = terms.referrals_required;
  const sections: TermsSection[] = [
    { title: t("rules.who"), body: t("rules.whoText", { brand: brandName }) },
    {
      title: t("rules.earn"),
      body: t("rules.earnText", { friends, words: t.inWords(friends) }),
    },
    {
      title: t("rules.counts"),
      body: t("rules.countsText", {
        days: terms.qualifying_days,
        invoices,
        words: t.inWords(invoices),
        grace: terms.suspension_grace_days,
      }),
    },
    {
      title: t("rules.linked"),
      body: t("rules.linkedText", { days: terms.attribution_days }),
    },
    {
      title: t("rules.installation"),
      body: t("rules.installationText", { days: terms.activation_window_days }),
    },
    {
      title: t("rules.worth"),
      body: t(
        terms.reward_vat_treatment === "discount" ? "rules.worthDiscount" : "rules.worthCredit",
        { capped, cap },
      ),
    },
    { title: t("rules.used"), body: t("rules.usedText") },
    {
      title: t("rules.lasts"),
      body: t("rules.lastsText", { months: terms.reward_expiry_months }),
    },
    {
      title: t("rules.limit"),
      body: t("rules.limitText", { friends: terms.monthly_referral_limit }),
    },
    { title: t("rules.excluded"), body: t("rules.excludedText") },
    { title: t("rules.changes"), body: t("rules.changesText") },
    { title: t("rules.privacy"), body: t("rules.privacyText") },
  ];
  if (terms.is_paused) {
    sections.unshift({ title: t("rules.paused"), body: t("rules.pausedText") });
  }
  return sections;
}
