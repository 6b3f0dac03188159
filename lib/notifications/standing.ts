import type { z } from "zod";
import { textsIn } from "@/lib/language/catalogue";
import { explainFriend } from "@/lib/referrals/explain";
import type { Explanation } from "@/lib/referrals/explanation";
import type { friendFactsSchema } from "@/lib/referrals/schemas";

interface Standing {
  /** First name and initial. */
  friend: string;
  facts: z.infer<typeof friendFactsSchema>;
  /** The moment that the mail speaks of, ISO 8601. */
  as_of: string;
}

/** Why a friend has not counted yet, or what became of them, in the words of the dashboard. */
export const explanationOf = ({ friend, facts, as_of }: Standing, timeZone: string): Explanation =>
  explainFriend(
    { ...facts, referred_name: friend },
    new Date(as_of),
    timeZone,
    textsIn("en", "explain"),
  );
