import { describe, expect, test } from "vitest";
import { ReviewService } from "@/lib/admin/review-service";
import { fixedClock } from "@/lib/clock";
import { AppError, type ErrorCode } from "@/lib/errors";
import { id } from "@/tests/support/facts";
import { failureOf } from "@/tests/support/failure";
import { sqlFailure, stubClient } from "@/tests/support/stub-client";

const REFERRAL = id(7);
const REVIEWER = id(8);

interface Conflict {
  claim?: object;
  decision?: object;
  appeal?: object;
}

/** A decision that the database refuses with the code, and what it says about the case. */
async function refused(
  code: ErrorCode,
  conflict: Conflict,
  decide: "decide" | "decideAppeal" = "decide",
) {
  const server = stubClient(sqlFailure("PT409", code, 409));
  const caller = stubClient({
    status: 200,
    body: {
      claim: null,
      decision: null,
      appeal: null,
      time_zone: "Africa/Johannesburg",
      ...conflict,
    },
  });
  const service = new ReviewService({
    server: server.server,
    clock: fixedClock("2026-12-01T06:00:00Z"),
    rewardsEnabled: true,
  });
  const work =
    decide === "decide"
      ? service.decide(REVIEWER, REFERRAL, "clear", "A shared office", caller.caller)
      : service.decideAppeal(REVIEWER, REFERRAL, "uphold", "Two households", caller.caller);
  return { failure: await failureOf(work), asked: caller.requests, sent: server.requests };
}

const claim = (reviewer_name: string | null) => ({
  reviewer_id: id(5),
  reviewer_name,
  is_own: false,
  claimed_at: "2026-12-01T05:55:00Z",
  expires_at: "2026-12-01T06:05:00Z",
});
const decision = (word: "clear" | "reject", decided_by_name: string | null) => ({
  decision: word,
  decided_at: "2026-11-30T09:30:00Z",
  decided_by_name,
  reason: "Checked",
});
const appeal = (decided_at: string | null, decided_by_name: string | null = "Thandi Nkosi") => ({
  id: id(6),
  status: decided_at === null ? "open" : "upheld",
  reason: "We are two households.",
  asked_at: "2026-11-20T09:30:00Z",
  due_at: "2026-12-20T09:30:00Z",
  decided_at,
  decided_by_name,
  decision_reason: null,
});

describe("a refused decision about a referral names who was first", () => {
  test.each<[string, ErrorCode, Conflict, RegExp]>([
    [
      "who looks at the case, and until when",
      "review_claimed",
      { claim: claim("Lerato Mokoena") },
      /^Lerato Mokoena is looking at this case, until .*08:05.* at the latest\.$/,
    ],
    ["a colleague without a name", "review_claimed", { claim: claim(null) }, /^A colleague is/],
    [
      "who cleared it, and when",
      "referral_not_reviewable",
      { decision: decision("clear", "Sipho Dube") },
      /^Sipho Dube cleared this referral on .*11:30/,
    ],
    [
      "who rejected it",
      "referral_not_reviewable",
      { decision: decision("reject", null) },
      /^A colleague rejected this referral on /,
    ],
    [
      "the decision of an appeal before the one of the review",
      "referral_not_reviewable",
      { decision: decision("reject", "Sipho Dube"), appeal: appeal("2026-11-30T10:00:00Z") },
      /^Thandi Nkosi decided the appeal on .*12:00/,
    ],
    [
      "the review, while the appeal is open",
      "referral_not_reviewable",
      { decision: decision("reject", "Sipho Dube"), appeal: appeal(null) },
      /^Sipho Dube rejected this referral on /,
    ],
    [
      "a colleague who decided an appeal",
      "referral_not_reviewable",
      { appeal: appeal("2026-11-30T10:00:00Z", null) },
      /^A colleague decided the appeal on /,
    ],
  ])("%s", async (_what, code, conflict, sentence) => {
    for (const kind of ["decide", "decideAppeal"] as const) {
      const { failure, asked } = await refused(code, conflict, kind);
      expect(failure).toMatchObject({ code, status: 409 });
      expect(failure.message.replaceAll("\u00a0", " ")).toMatch(sentence);
      expect(asked[0]?.body).toEqual({ p_referral_id: REFERRAL });
    }
  });

  test("keeps its sentence when the case tells nothing", async () => {
    for (const code of ["review_claimed", "referral_not_reviewable"] as const) {
      const { failure } = await refused(code, {});
      expect(failure.code).toBe(code);
      expect(failure.message).toBe(new AppError(code).message);
    }
  });

  test("asks nothing about another refusal, or without the reviewer's own client", async () => {
    const { failure, asked, sent } = await refused("own_account", {}, "decideAppeal");
    expect([failure.code, asked]).toEqual(["own_account", []]);
    expect(sent[0]?.body).toEqual({
      p_actor: REVIEWER,
      p_referral_id: REFERRAL,
      p_decision: "uphold",
      p_reason: "Two households",
      p_grant: true,
      p_as_of: "2026-12-01T06:00:00.000Z",
    });
    const service = new ReviewService({
      server: stubClient(sqlFailure("PT409", "review_claimed", 409)).server,
      clock: fixedClock("2026-12-01T06:00:00Z"),
      rewardsEnabled: false,
    });
    const alone = await failureOf(service.decide(REVIEWER, REFERRAL, "reject", "Same home"));
    expect(alone.code).toBe("review_claimed");
    const late = new ReviewService({
      server: stubClient(sqlFailure("PT409", "undo_too_late", 409)).server,
      clock: fixedClock("2026-12-01T06:00:00Z"),
      rewardsEnabled: false,
    });
    expect((await failureOf(late.undo(REVIEWER, REFERRAL))).code).toBe("undo_too_late");
  });
});
