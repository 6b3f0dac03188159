import { textsIn } from "@/lib/language/catalogue";
import { explainFriend, type FriendFacts, replyText } from "@/lib/referrals/explain";
import type { AdminReferral, ExplainedReferral } from "./referral-schemas";

/** A referral with why it has not counted yet at `now`, as the referrer reads it, and a reply to copy. */
export function explainReferral(
  { facts, ...referral }: AdminReferral & { facts: FriendFacts },
  now: Date,
  timeZone: string,
): ExplainedReferral {
  const explanation = explainFriend(facts, now, timeZone, textsIn("en", "explain"));
  return { ...referral, explanation, reply: replyText(explanation) };
}
