import type { AttentionItem } from "@/lib/admin/attention-service";
import { formatDateTime } from "@/lib/dates";
import type { Permission } from "@/lib/permissions";
import { countOf } from "@/lib/words";

/** What the banner shows of something that needs a person. */
export interface AttentionWords {
  title: string;
  text: string;
  /** Where it is dealt with, for those who may open it. */
  link: { href: string; label: string; permission: Permission } | null;
}

const PROGRAMME: AttentionWords["link"] = {
  href: "/admin/programme",
  label: "Programme",
  permission: "program:manage",
};

const OUTAGE_WORDS: Record<NonNullable<AttentionItem["cause"]>, string> = {
  refused: "It refuses our key or our sender",
  limit: "A quota is used up",
  server: "It reports an error of its own",
  network: "It cannot be reached",
  answer: "Its answer cannot be understood",
};

/** What somebody who reads the banner has to know, in words. Times in the billing time zone. */
export function attentionWords(item: AttentionItem, timeZone: string): AttentionWords {
  const count = item.count ?? 0;
  const since = item.since === null ? null : formatDateTime(item.since, timeZone);
  const sinceThen = since === null ? "" : ` since ${since}`;
  switch (item.kind) {
    case "violations":
      return {
        title: `The check found ${countOf(count, "violation")}`,
        text: `Found${since === null ? "" : ` on ${since}`}; npm run job -- verify names each row.`,
        link: null,
      };
    case "restore_open":
      return {
        title: "A restore is not reconciled",
        text: "Compare what the backup does not know, then switch mails on.",
        link: PROGRAMME,
      };
    case "mail_held":
      return {
        title: "Mails are held",
        text: `No mail leaves${sinceThen}, until an owner switches mails on.`,
        link: PROGRAMME,
      };
    case "mail_captured":
      return {
        title: "Mails are only captured",
        text: "This deployment has no key of a mail provider (RESEND_API_KEY): no mail leaves, and each is kept in the mailbox.",
        link: {
          href: "/admin/mailbox?status=captured",
          label: "Open the mailbox",
          permission: "customers:view",
        },
      };
    case "rewards_off":
      return {
        title: "Rewards are off",
        text: `No free month is granted or used${sinceThen}.`,
        link: PROGRAMME,
      };
    case "programme_paused":
      return {
        title: "The programme is paused",
        text: `No referral is recorded${sinceThen}.`,
        link: PROGRAMME,
      };
    case "unbilled":
      return {
        title: `${countOf(count, "month of a service is", "months of services are")} not billed`,
        text: "The list names each one, with the reason.",
        link: {
          href: "/admin/billing/unbilled",
          label: "Open the list",
          permission: "customers:view",
        },
      };
    case "run_interrupted":
      return {
        title: "A billing run was interrupted",
        text: `Nothing was billed${sinceThen}. Starting the month again bills what is left.`,
        link: { href: "/admin/billing", label: "Billing", permission: "customers:view" },
      };
    case "mail_outage":
      return {
        title: "The mail provider takes no mail",
        text: `${item.cause === null ? "" : `${OUTAGE_WORDS[item.cause]}. `}${countOf(count, "mail waits", "mails wait")}${sinceThen}. Nothing is lost: it is tried again each minute.`,
        link: {
          href: "/admin/mailbox?status=queued",
          label: "Open the mailbox",
          permission: "customers:view",
        },
      };
    case "mails_failed":
      return {
        title: `${countOf(count, "mail was", "mails were")} given up`,
        text: "Send them again when the cause is mended.",
        link: {
          href: "/admin/mailbox?status=failed",
          label: "Open the mailbox",
          permission: "customers:view",
        },
      };
    case "mails_late":
      return {
        title: `${countOf(count, "mail is", "mails are")} late`,
        text: `The oldest has waited${sinceThen}.`,
        link: {
          href: "/admin/mailbox?status=queued",
          label: "Open the mailbox",
          permission: "customers:view",
        },
      };
    case "job_late":
      return {
        title: `The job ${item.job} is late`,
        text: since === null ? "It has never succeeded." : `It succeeded last on ${since}.`,
        link: null,
      };
  }
}
