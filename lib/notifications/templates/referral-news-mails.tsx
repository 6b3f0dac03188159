import { formatDate } from "@/lib/dates";
import type { NewsKind, Payload } from "../payloads";
import { Action, Greeting, MailLayout, type MailProps, Paragraph } from "./layout";

const WHY = "You get this mail because you take part in our referral programme.";
const WHY_FRIEND = "You get this mail because you ordered from us.";

/** What happened, in a sentence that says nothing of the friend's own affairs. */
const SENTENCES: Readonly<Record<NewsKind, (friend: string) => string>> = {
  not_activated_in_time: (friend) =>
    `${friend}: the service was not active in time, so the referral has run out. If the installation is only late, please write to us and we look at it.`,
  order_cancelled: (friend) =>
    `${friend}: the order did not go ahead. If it is placed again with your code, it counts.`,
  service_cancelled: (friend) => `${friend}: the service ended before the referral counted.`,
  suspended_too_long: (friend) =>
    `${friend}: the service paused for longer than the terms allow, so the referral has ended.`,
  refused_duplicate_referral: () =>
    "Somebody ordered with your code who is not new to us, so the order could not be linked to you.",
  refused_referrer_not_eligible: () =>
    "Somebody ordered with your code, but it could not be linked to you: your service has to be active, with no overdue invoice.",
  refused_rate_limited: () =>
    "Somebody ordered with your code, but your month is full. The next month is open again.",
  refused_program_paused: () =>
    "Somebody ordered with your code while the programme was paused, so it could not be linked to you.",
  refused_invalid_code: () =>
    "Somebody ordered with your code, but it could not be used at that moment.",
  claim_made: (friend) =>
    `${friend} says that you invited them and that your code was forgotten. Please confirm it on your dashboard.`,
};

type News = Payload<"referral_news">;

/** The items with how often each happened: several refused codes are one line. */
function linesOf(items: News["items"]): string[] {
  const counts = new Map<string, number>();
  for (const { kind, friend } of items) {
    const line = SENTENCES[kind](friend || "A friend");
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line} (${count} times)`));
}

const isClaim = ({ kind }: News["items"][number]): boolean => kind === "claim_made";

/** The subject of a digest: what the one piece of news is about, or that there are several. */
export function newsSubject({ items }: News): string {
  const [only] = items;
  if (items.every(isClaim)) return "Did you invite somebody?";
  if (items.length > 1 || !only) return "News about your referrals";
  return only.friend ? `About your referral of ${only.friend}` : "A code of yours was not applied";
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
      {linesOf(payload.items).map((line) => (
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
    return "We looked at it and could not link your order to the person you named. If you think that is a mistake, please write to us.";
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
      <Action href={`${context.siteUrl}/dashboard`}>Open your dashboard</Action>
    </MailLayout>
  );
}
