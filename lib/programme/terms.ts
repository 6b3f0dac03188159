import { z } from "zod";
import { formatMoney } from "@/lib/money";
import { countOf, inWords } from "@/lib/words";

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
  options: { brandName: string; currency: string },
): TermsSection[] {
  const { brandName, currency } = options;
  const days = countOf(terms.qualifying_days, "day");
  const cap =
    terms.reward_cap_cents === null
      ? ""
      : ` One free month is worth up to ${formatMoney(terms.reward_cap_cents, currency)}.`;
  const invoices = terms.paid_invoices_required;
  const paid =
    invoices === 0
      ? ""
      : ` and ${invoices === 1 ? "their first invoice is" : `their first ${inWords(invoices)} invoices are`} paid in full`;
  const sections: TermsSection[] = [
    {
      title: "Who can take part",
      body:
        `Every ${brandName} customer has a personal referral code and link. You can refer friends ` +
        "while your service is active and your account has no overdue invoice.",
    },
    {
      title: "What you earn",
      body:
        (terms.referrals_required === 1
          ? "For every friend who counts"
          : `For every ${inWords(terms.referrals_required)} friends who count`) +
        ", you earn one free month. " +
        "Each friend counts towards one free month only. While you have an overdue invoice, a free " +
        "month that you earned waits until it is paid.",
    },
    {
      title: "When a friend counts",
      body:
        `A friend counts once their new service has been active for ${days}${paid}. ` +
        "While the service is suspended, the days stand still. A suspension of more than " +
        `${countOf(terms.suspension_grace_days, "day")}, or a cancellation before the friend counts, ends the referral.`,
    },
    {
      title: "How your friend is linked to you",
      body:
        `Your friend orders with your link or types your code. The link is remembered for ` +
        `${countOf(terms.attribution_days, "day")} in the same browser. If your friend opens ` +
        "several invitations, the last valid one before the order is used.",
    },
    {
      title: "If the installation takes long",
      body:
        "An order whose service is not active within " +
        `${countOf(terms.activation_window_days, "day")} no longer counts as a referral. ` +
        "Your friend's order itself is not affected. If only the installation is late, we can " +
        "give it more time: please write to us.",
    },
    {
      title: "What a free month is worth",
      body:
        (terms.reward_vat_treatment === "discount"
          ? "A free month takes the full monthly price, including VAT, off one invoice, at the " +
            "price on the day the invoice is issued."
          : "A free month pays the full monthly price, including VAT, of one invoice as a credit, " +
            "at the price on the day the invoice is issued. The invoice still shows the price and " +
            "its VAT.") +
        `${cap} With several services, it goes to the one whose whole month costs most.`,
    },
    {
      title: "When it is used",
      body:
        "A free month is used by itself, on the invoice of your next whole month. A part of a month " +
        "never takes it, unless it would expire before your next whole month. If the most " +
        "expensive service of the month has its invoice already, it waits for the next month. You " +
        "can collect several; one is used per billing month, the one that expires first goes first.",
    },
    {
      title: "How long it lasts",
      body:
        `An unused free month expires ${countOf(terms.reward_expiry_months, "month")} after you ` +
        "earned it, at the end of that day. We remind you 30 days before.",
    },
    {
      title: "How many friends you can refer",
      body:
        `Up to ${countOf(terms.monthly_referral_limit, "friend")} per calendar month. One whose ` +
        "referral ends without counting gives the place back. The next month starts afresh.",
    },
    {
      title: "What does not count",
      body:
        "You cannot refer yourself or somebody who is already a customer, and a person can be " +
        "referred by one customer at a time. Somebody whose order was cancelled before any service " +
        "was active can be referred again. Some referrals are looked at by a person before they earn a reward; " +
        "nothing is turned down automatically by that, and a shared internet address is no reason " +
        "to turn one down.",
    },
    {
      title: "What we may change",
      body:
        "The terms that applied when your friend ordered stay in force for that friend. A free " +
        "month that you earned is only taken back before it is used, with a reason, and we write " +
        "to you. It cannot be paid out in cash or passed on.",
    },
    {
      title: "Your privacy and your friends'",
      body:
        "You see your friend's first name and initial, a masked e-mail address and how far they " +
        "are. We never write to friends on your behalf: you share the link yourself.",
    },
  ];
  if (terms.is_paused) {
    sections.unshift({
      title: "The programme is paused",
      body:
        "New referrals are not recorded at the moment. What you have earned stays yours, and " +
        "we will say here when the programme continues.",
    });
  }
  return sections;
}
