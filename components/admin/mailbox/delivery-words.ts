import type { Tone } from "@/components/ui/tone";
import type {
  CancelCause,
  DeliveryState,
  MailEvent,
  SuppressionCause,
} from "@/lib/admin/mailbox-schemas";

/** Why a mail was not sent, in words. */
export const CANCEL_WORDS: Readonly<Record<CancelCause, string>> = {
  erased: "The person's details were erased.",
  undone: "What it told was taken back before it left.",
  restored: "It was sent before the database was restored.",
  suppressed: "Its address takes no mails.",
  settled: "Nothing was left to pay.",
  merged: "It left in one mail with others.",
  programme_paused: "The programme was paused before it left.",
  reward_gone: "The free month was gone before it left.",
  opted_out: "Its person does not want such mails.",
  referral_ended: "The referral had ended before it left.",
};

/** What became of a mail after the provider took it. */
export const DELIVERY_WORDS: Readonly<
  Record<DeliveryState, { label: string; tone: Tone; text: string }>
> = {
  delayed: {
    label: "Delayed",
    tone: "warning",
    text: "The recipient's server did not take it yet. The provider tries again.",
  },
  delivered: { label: "Delivered", tone: "positive", text: "The recipient's server took it." },
  failed: {
    label: "Not delivered",
    tone: "negative",
    text: "The provider took the mail and could not send it.",
  },
  soft_bounced: {
    label: "Bounced for now",
    tone: "warning",
    text: "It came back for a passing reason, such as a full mailbox.",
  },
  bounced: { label: "Bounced", tone: "negative", text: "The address does not exist." },
  complained: { label: "Spam complaint", tone: "negative", text: "It was reported as spam." },
};

/** A report of the provider, in a word. */
export const eventLabel = (kind: MailEvent["kind"]): string =>
  kind === "sent" ? "Sent by the provider" : DELIVERY_WORDS[kind].label;

/** Why an address gets no mails, in words. */
export const SUPPRESSION_WORDS: Readonly<Record<SuppressionCause, string>> = {
  bounced: "The address does not exist",
  soft_bounces: "Mails came back again and again",
  complained: "A mail was reported as spam",
};
