import { formatDate } from "@/lib/dates";
import { replyText } from "@/lib/referrals/explain";
import type { Payload, RefusedKind } from "../payloads";
import { explanationOf } from "../standing";
import { Action, Greeting, MailLayout, type MailProps, Paragraph } from "./layout";

const WHY = "You get this mail because you take part in our referral programme.";
const WHY_FRIEND = "You get this mail because you ordered from us.";

/** Why a code was refused, in a sentence that says nothing of the person who gave it. */
const REFUSED: Readonly<Record<RefusedKind, string>> = {
  refused_duplicate_referral:
    "Somebody ordered with your code who is not new to us, so the order could not be linked to you.",
  refused_referrer_not_eligible:
    "Somebody ordered with your code, but it could not be linked to you: your service has to be active, with no overdue invoice.",
  refused_rate_limited:
    "Somebody ordered with your code, but your month is full. The next month is open again.",
  refused_program_paused:
    "Somebody ordered with your code while the programme was paused, so it could not be linked to you.",
  refused_invalid_code: "Somebody ordered with your code, but it could not be used at that moment.",
};

type News = Payload<"referral_news">;
type Item = News["items"][number];

function lineOf(item: Item, timeZone: string): string {
  if (item.kind === "claim_made") {
    return `${item.friend} says that you invited them and that your code was forgotten. Please confirm it on your dashboard.`;
  }
  if ("facts" in item) return `${item.friend}: ${replyText(explanationOf(item, timeZone))}`;
  return REFUSED[item.kind];
}

/** The items with how often each happened: several refused codes are one line. */
function linesOf(items: News["items"], timeZone: string): string[] {
  const counts = new Map<string, number>();
  for (const item of items) {
    const line = lineOf(item, timeZone);
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line} (${count} times)`));
}

const isClaim = ({ kind }: Item): boolean => kind === "claim_made";

/** The subject of a digest: what the one piece of news is about, or that there are several. */
export function newsSubject({ items }: News): string {
  const [only] = items;
  if (items.every(isClaim)) return "Did you invite somebody?";
  if (items.length > 1 || !only) return "News about your referrals";
  return "friend" in only
    ? `About your referral of ${only.friend}`
    : "A code of yours was not applied";
}

/** Referrals that ended and codes that were refused, in one mail. */
export function ReferralNewsMail({ payload, context }: MailProps<News>) {
  return (
    <MailLayout
      context={context}
      preview="What happened, and what you can do."
      heading={newsSubject(payload)}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      {linesOf(payload.items, context.timeZone).map((line) => (
        <Paragraph key={line}>{line}</Paragraph>
      ))}
      <Paragraph>
        Friends who counted and free months that you earned are not affected. Your dashboard shows
        where everybody stands.
      </Paragraph>
      <Action href={`${context.siteUrl}/dashboard`}>See your referrals</Action>
    </MailLayout>
  );
}

type Update = Payload<"referral_update">;

/** The subject of a change that an admin made. */
export function updateSubject(update: Update): string {
  if (update.audience === "claimant") return "About the code you forgot";
  if (update.audience === "friend") {
    return update.kind === "extended"
      ? "More time for your installation"
      : "Your order is linked to your invitation";
  }
  const { friend } = update;
  switch (update.kind) {
    case "attached":
      return `${friend} is linked to you`;
    case "reinstated":
      return `The referral of ${friend} counts again`;
    default:
      return `More time for the installation of ${friend}`;
  }
}

function updateText(update: Update): string {
  if (update.audience === "claimant") {
    return "We could not link your order to the person you named. If you think that is a mistake, please write to us.";
  }
  const day = update.until === undefined ? "" : formatDate(update.until, "UTC");
  if (update.audience === "friend") {
    const inviter = update.inviter || "the person who invited you";
    switch (update.kind) {
      case "attached":
        return `We linked your order to ${inviter}, as you had been invited. Nothing else changes for you.`;
      case "reinstated":
        return `Your order is linked to ${inviter} again, as you had been invited. Nothing else changes for you.`;
      default:
        return `Your installation takes longer. The invitation by ${inviter} stays open until ${day}.`;
    }
  }
  const { friend } = update;
  switch (update.kind) {
    case "attached":
      return `We linked ${friend}’s order to your code, which had been forgotten. It counts like every other referral.`;
    case "reinstated":
      return `We gave the referral of ${friend} back to you. Your dashboard shows when it counts.`;
    default:
      return `The installation for ${friend} takes longer. The referral stays open until ${day}.`;
  }
}

/** An admin changed a referral: told to both sides. */
export function ReferralUpdateMail({ payload, context }: MailProps<Update>) {
  return (
    <MailLayout
      context={context}
      preview="What we changed, and what it means for you."
      heading={updateSubject(payload)}
      why={payload.audience === "referrer" ? WHY : WHY_FRIEND}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>{updateText(payload)}</Paragraph>
      {payload.audience === "referrer" ? (
        <Paragraph>{replyText(explanationOf(payload, context.timeZone))}</Paragraph>
      ) : null}
      <Action href={`${context.siteUrl}/dashboard`}>Open your dashboard</Action>
    </MailLayout>
  );
}
