import type { Clock } from "@/lib/clock";
import { conflictSentence } from "@/lib/conflict";
import { AppError, isErrorCode } from "@/lib/errors";
import { isUsable } from "@/lib/rewards/free-month-rules";
import { placeFreeMonths, previewNextInvoice } from "@/lib/rewards/next-invoice";
import type { PreviewFacts } from "@/lib/rewards/schemas";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type Act, type ActPreview, type Outlook, triedActSchema } from "./act-preview-schemas";

/** The free month that an act is about: the one it names, or the one that it made. */
function rewardOf(act: Act, answer: Record<string, unknown> | null): string | null {
  if ("reward_id" in act) return act.reward_id;
  return typeof answer?.reward_id === "string" ? answer.reward_id : null;
}

/** The effect of acts before they are done, with the rights of an admin. */
export class ActPreviewService {
  constructor(
    private readonly deps: {
      client: CallerClient;
      clock: Clock;
      /** False: the kill switch is on. */
      rewardsEnabled: boolean;
    },
  ) {}

  /**
   * What an act would change. The database does it by the rules of the act and takes it back, and the
   * invoices before and after come from the rules of the billing run. Nothing is changed.
   *
   * @throws AppError `unauthenticated`, `forbidden`, `not_found`, `invalid_request`.
   */
  async preview(act: Act): Promise<ActPreview> {
    const { act: name, ...intent } = act;
    const tried = await callRpc(
      this.deps.client,
      "preview_act",
      // A recent grant is a warning here, not a refusal.
      { p_act: name, p_intent: name === "grant" ? { ...intent, confirm_recent: true } : intent },
      triedActSchema,
    );
    const { settings, before, after, answer, refusal } = tried;
    const { rewardsEnabled } = this.deps;
    const now = this.deps.clock();
    const outlook = (state: typeof before): Outlook => ({
      next_invoice: previewNextInvoice(state.facts, settings, rewardsEnabled, now),
      balance_cents: state.balance_cents,
    });
    const rewardId = rewardOf(act, answer);
    const place = (facts: PreviewFacts) => {
      if (rewardId === null) return null;
      const usable = facts.rewards.filter((reward) => isUsable(reward, now));
      const position = usable.findIndex(({ id }) => id === rewardId);
      return {
        place: placeFreeMonths(facts, settings, rewardsEnabled, now).get(rewardId) ?? null,
        used_before: Math.max(position, 0),
      };
    };
    return {
      act: name,
      refusal: refusal && this.refusalOf(refusal),
      needs_approval: tried.needs_approval,
      waiting: tried.waiting,
      recent: tried.recent,
      grants: tried.grants,
      before: outlook(before),
      after: after && outlook(after),
      reward: place(name === "revoke" || after === null ? before.facts : after.facts),
      answer,
      currency: settings.currency,
      time_zone: settings.time_zone,
    };
  }

  /** A rule in the words of the error that the act itself would answer. */
  private refusalOf({ code, detail }: { code: string; detail: string | null }) {
    if (!isErrorCode(code)) return { code: "internal", message: new AppError("internal").message };
    return { code, message: conflictSentence(code, detail) };
  }
}
