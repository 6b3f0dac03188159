import { codeInWords } from "@/components/ui/wording";

const NAMES: Readonly<Record<string, string>> = {
  order_received: "Order received",
  service_active: "Service active",
  service_suspended: "Service suspended",
  service_reactivated: "Service works again",
  service_package_changed: "Package or price changed",
  invoice_issued: "Invoice",
  invoice_overdue: "Overdue reminder",
  payment_received: "Payment received",
  role_changed: "Role in the team changed",
  password_changed: "Password changed",
  email_changed: "E-mail address changed",
  erasure_asked: "Asked for erasure",
  new_device: "New device signed in",
  coverage_opened: "Area can be connected",
  friend_coverage_opened: "A friend's area opened",
  referral_signup: "A friend ordered",
  referral_activated: "A friend is active",
  referral_qualified: "A friend counts",
  referral_news: "News about referrals",
  referral_update: "Referral changed by the team",
  reward_earned: "Free month earned",
  reward_applied: "Free month used",
  reward_granted: "Free month as goodwill",
  reward_revoked: "Free month revoked",
  reward_expiring: "Free month expires soon",
  reward_expired: "Free month expired",
  programme_digest: "Several pieces of news",
  credit_note_issued: "Credit note",
  referral_rejected: "Friend does not count",
  appeal_received: "Appeal received",
  appeal_decided: "Appeal decided",
  suspicious_activity: "Alert: suspicious referrals",
  billing_run_failed: "Alert: billing run failed",
  services_unbilled: "Alert: services not billed",
  erasure_requested: "Erasure asked for",
  mail_outage: "Alert: mails were delayed",
  invariants_violated: "Alert: the check found violations",
};

/** Every kind of mail with its name, by name. */
export const MAIL_KINDS: readonly { value: string; label: string }[] = Object.entries(NAMES)
  .map(([value, label]) => ({ value, label }))
  .sort((a, b) => a.label.localeCompare(b.label, "en"));

/** The kind of a mail, by the name of its template. */
export const mailName = (template: string): string => NAMES[template] ?? codeInWords(template);
