import type { FailureCause, MailTry } from "@/lib/admin/mailbox-schemas";

interface CauseWords {
  /** The cause as the name of a list. */
  label: string;
  /** What happened, and what to know before such a mail is sent again. */
  text: string;
}

/** Why mails were given up, in words. */
export const CAUSE_WORDS: Readonly<Record<FailureCause, CauseWords>> = {
  refused: {
    label: "Refused by the provider",
    text: "The provider refused the mail each time, for its address or its content. Nobody got it. Correct the address first.",
  },
  unwritten: {
    label: "Could not be written",
    text: "The text of the mail could not be made. Nobody got it. A newer release may be able to.",
  },
  unclear: {
    label: "May have arrived",
    text: "A try ended without an answer, and the provider has forgotten the mail since. Whoever got it then gets it twice.",
  },
  interrupted: {
    label: "Interrupted each time",
    text: "The server stopped each time that it sent the mail. Whoever got it then, more than a day ago, gets it twice.",
  },
};

/** How a try ended, in words; null while it is under way. */
export const TRY_WORDS: Readonly<Record<NonNullable<MailTry["outcome"]>, string>> = {
  sent: "Taken by the provider",
  captured: "Kept here",
  mail_refused: "Refused for this mail",
  provider_failed: "The provider failed",
  unknown: "No clear answer",
  slowed: "The provider asked to wait",
};
