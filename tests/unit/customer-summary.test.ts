import { describe, expect, it } from "vitest";
import { monthReply } from "@/components/admin/customers/summary/replies";
import { foundGroups, pagesFor } from "@/components/admin/search/found-groups";
import { channelOfLink, linkVia } from "@/lib/referrals/share-channel";
import type { RewardExplanation } from "@/lib/rewards/explain-reward";

type Facts = Parameters<typeof monthReply>[0];

const nothing: Facts = {
  rewards: [],
  next_invoice: null,
  currency: "ZAR",
  referrals: [],
  stats: {
    total_referrals: 0,
    active_referrals: 0,
    rewards_earned: 0,
    rewards_applied: 0,
    rewards_pending: 0,
  },
};

const reward = (
  changes: Partial<Facts["rewards"][number]> & { explanation: RewardExplanation | null },
): Facts["rewards"][number] => ({
  id: "00000000-0000-4000-8000-000000000001",
  reward_type: "free_month",
  status: "pending",
  source: "earned",
  created_at: "2026-10-01T08:00:00Z",
  expires_at: "2027-10-01T22:00:00Z",
  expired_at: null,
  granted_by: null,
  grant_reason: null,
  revoked_by: null,
  revoked_at: null,
  revoke_reason: null,
  applied_at: null,
  amount_waived_cents: null,
  invoice_number: null,
  referrals: [],
  ...changes,
});

const onNext: RewardExplanation = {
  code: "next_invoice",
  text: "It comes off your next invoice.",
  on: "2026-12-01",
  remedy: null,
};

describe("the reply to a customer who asks when the free month lands", () => {
  it("names the invoice, what comes off and what is left", () => {
    const next_invoice = {
      period_start: "2026-12-01",
      period_end: "2027-01-01",
      charge_cents: 79_900,
      waived_cents: 79_900,
      waived_as: "Referral reward",
      amount_due_cents: 0,
    };
    expect(
      monthReply({ ...nothing, next_invoice, rewards: [reward({ explanation: onNext })] }),
    ).toBe(
      "You have one free month. It comes off your next invoice. That invoice is for 1–31 Dec 2026: R\u00a0799.00 comes off, and R\u00a00.00 is left to pay.",
    );
  });

  it("says what would bring it, and that the others follow", () => {
    const explanation: RewardExplanation = {
      code: "no_service",
      text: "It waits for an active service, until 1 Oct 2027.",
      on: null,
      remedy: "It comes off the first whole month once your service is active.",
    };
    const rewards = [reward({ explanation }), reward({ explanation: null })];
    expect(monthReply({ ...nothing, rewards })).toBe(
      "You have 2 free months. It waits for an active service, until 1 Oct 2027. It comes off the first whole month once your service is active. One comes off each month; the others follow.",
    );
  });

  it("says where the last one went when none is waiting", () => {
    const used = reward({
      status: "applied",
      explanation: null,
      invoice_number: "INV-2026-000123",
      amount_waived_cents: 79_900,
    });
    expect(monthReply({ ...nothing, rewards: [used] })).toBe(
      "No free month is waiting. Your last free month came off invoice INV-2026-000123: R\u00a0799.00. Nobody has ordered with your code yet.",
    );
  });
});

describe("what the search offers", () => {
  it("are only pages that the role may open, by any words of their name", () => {
    expect(pagesFor("FORGOTTEN co", ["customers:view"])[0]?.items).toEqual([
      expect.objectContaining({ href: "/admin/claims", label: "Forgotten codes" }),
    ]);
    expect(pagesFor("team", ["customers:view"])).toEqual([]);
  });

  it("leaves out kinds without anything", () => {
    const found = {
      customers: [],
      orders: [
        {
          order_number: "4K7-M2P",
          status: "pending" as const,
          customer_id: "00000000-0000-4000-8000-000000000001",
          customer_name: "Thandi",
        },
      ],
      documents: [],
    };
    expect(foundGroups("4K7-M2P", found, ["customers:view"]).map(({ value }) => value)).toEqual([
      "Orders",
    ]);
  });
});

describe("a link that says how it was sent", () => {
  it.each([
    ["?ref=REF-7K2M9QXA&via=whatsapp", "whatsapp"],
    ["?via=QR&ref=REF-7K2M9QXA", "qr"],
    ["?ref=REF-7K2M9QXA&amp;via=email", "email"],
    ["?ref=REF-7K2M9QXA", null],
    ["?ref=REF-7K2M9QXA&via=pigeon", null],
    ["?ref=REF-7K2M9QXA&trivia=sms", null],
  ])("%s was sent by %s", (search, channel) => {
    expect(channelOfLink(search)).toBe(channel);
  });

  it("keeps the code", () => {
    expect(linkVia("https://fibre.example/?ref=A", "sms")).toBe(
      "https://fibre.example/?ref=A&via=sms",
    );
    expect(linkVia("https://fibre.example/r/A", "qr")).toBe("https://fibre.example/r/A?via=qr");
  });
});
