import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assessReferral,
  BLOCK_REASONS,
  type FraudEvidence,
  type FraudSignal,
  fraudEvidenceSchema,
  SIGNALS,
} from "@/lib/fraud/fraud-rules";
import { ordered } from "@/lib/language/messages/en/ordered";
import { DEFAULT_TERMS, fraudEvidence, id, otherFriend } from "@/tests/support/facts";

const home = (line1: string) => ({
  line1,
  suburb: "Gardens",
  city: "Cape Town",
  postal_code: "8001",
});
const elsewhere = {
  phone_customer_ids: [],
  phone_referral_ids: [],
  addresses: [],
  served: [],
};
/** An order for a home that had our service until then. */
const servedAt = (served_until: string) => ({
  referred: { address: home("12 Kloof Street") },
  elsewhere: { ...elsewhere, served: [{ address: home("Kloofstraat 12"), served_until }] },
});
const assess = (evidence: FraudEvidence) => assessReferral(evidence, DEFAULT_TERMS);

/** Raised by what every order knows; the others need facts that are gathered for them. */
const BASIC = new Set<string>([
  "same_address_as_referrer",
  "same_address_as_referral",
  "same_phone_as_referral",
  "address_recently_served",
  "velocity",
  "disposable_email",
  "shared_ip",
  "same_device",
  "fast_order",
]);

function signals(evidence: FraudEvidence): FraudSignal[] {
  const verdict = assess(evidence);
  return verdict.verdict === "accepted" ? verdict.flags.map((flag) => flag.signal) : [];
}

function reason(evidence: FraudEvidence) {
  const verdict = assess(evidence);
  return verdict.verdict === "blocked" ? verdict.reason : null;
}

describe("an honest referral", () => {
  it("is accepted without a flag", () => {
    expect(assess(fraudEvidence())).toEqual({ verdict: "accepted", flags: [], alert: false });
  });

  it("needs no phone, address, IP address or visit", () => {
    const bare = fraudEvidence({
      referrer: { phone: null, address_key: null, email_normalised: null, ip_addresses: [] },
      referred: { phone: null, address_key: null, ip_address: null, user_agent: null },
      visit: { visited_at: null },
    });
    expect(signals(bare)).toEqual([]);
    const blank = fraudEvidence({
      referrer: { phone: "", address_key: "" },
      referred: { phone: "", address_key: "" },
    });
    expect(assess(blank)).toMatchObject({ verdict: "accepted", flags: [] });
  });
});

describe("an empty field matches nothing", () => {
  it.each([null, ""])("neither address nor phone %j", (nothing) => {
    const evidence = fraudEvidence({
      referred: { address_key: nothing, phone: nothing },
      matches: {
        same_address_referral_ids: [id(5)],
        same_phone_referral_ids: [id(5)],
      },
    });
    expect(signals(evidence)).toEqual([]);
  });
});

describe("nobody is paid for referring themselves", () => {
  it("blocks the same e-mail address, and says to the reviewer what matched", () => {
    const evidence = fraudEvidence({ referred: { email_normalised: "thandi@example.com" } });
    expect(assess(evidence)).toEqual({
      verdict: "blocked",
      reason: "self_referral",
      evidence: { matched: ["email"] },
    });
  });

  it("blocks the same phone", () => {
    const evidence = fraudEvidence({ referred: { phone: "+27821110001" } });
    expect(assess(evidence)).toMatchObject({ evidence: { matched: ["phone"] } });
    expect(reason(evidence)).toBe("self_referral");
  });
});

describe("a person is referred once, and only before they are a customer", () => {
  it.each([{ is_customer: true }, { was_referred: true }])("blocks %j", (referred) => {
    expect(reason(fraudEvidence({ referred }))).toBe("duplicate_referral");
  });
});

describe("only a customer in good standing refers", () => {
  it.each([
    { has_active_service: false },
    { has_active_service: false, has_stopped_service: true },
    { overdue_invoices: 1 },
  ])("blocks %j", (referrer) => {
    expect(reason(fraudEvidence({ referrer }))).toBe("referrer_not_eligible");
  });

  it("lets a customer with one active and one cancelled service refer", () => {
    expect(reason(fraudEvidence({ referrer: { has_stopped_service: true } }))).toBeNull();
  });
});

describe("the monthly limit", () => {
  it("accepts the tenth and blocks the eleventh", () => {
    expect(reason(fraudEvidence({ counts: { this_month: 9 } }))).toBeNull();
    const eleventh = fraudEvidence({ counts: { this_month: 10 } });
    expect(assess(eleventh)).toEqual({
      verdict: "blocked",
      reason: "rate_limited",
      evidence: { this_month: 10, limit: 10 },
    });
  });
});

describe("blocks are checked in a fixed order", () => {
  it("self, duplicate, eligibility, limit", () => {
    const everything = fraudEvidence({
      referrer: { has_active_service: false },
      referred: { phone: "+27821110001", is_customer: true },
      counts: { this_month: 99 },
    });
    expect(reason(everything)).toBe("self_referral");
    everything.referred.phone = null;
    expect(reason(everything)).toBe("duplicate_referral");
    everything.referred.is_customer = false;
    expect(reason(everything)).toBe("referrer_not_eligible");
    everything.referrer.has_active_service = true;
    expect(reason(everything)).toBe("rate_limited");
  });
});

describe("every signal is raised by its own evidence, with what matched", () => {
  const cases: [FraudSignal, "flag" | "hold", FraudEvidence, object][] = [
    [
      "same_address_as_referrer",
      "hold",
      fraudEvidence({ referred: { address_key: "8001|1|loop street|" } }),
      { address_key: "8001|1|loop street|", referrer_customer_id: id(1) },
    ],
    [
      "same_address_as_referral",
      "hold",
      fraudEvidence({ matches: { same_address_referral_ids: [id(5)] } }),
      { address_key: "8001|2|long street|", referral_ids: [id(5)] },
    ],
    [
      "same_phone_as_referral",
      "hold",
      fraudEvidence({ matches: { same_phone_referral_ids: [id(5), id(6)] } }),
      { phone: "+27821110002", referral_ids: [id(5), id(6)] },
    ],
    [
      "known_phone",
      "hold",
      fraudEvidence({
        elsewhere: { ...elsewhere, phone_customer_ids: [id(8)], phone_referral_ids: [id(9)] },
      }),
      { phone: "+27821110002", customer_ids: [id(8)], referral_ids: [id(9)] },
    ],
    [
      "known_address",
      "hold",
      fraudEvidence({
        referred: { address: home("12 Kloof Street") },
        elsewhere: {
          ...elsewhere,
          addresses: [
            { referral_id: id(8), address: home("Kloofstraat 12") },
            { referral_id: id(9), address: home("14 Kloof Street") },
          ],
        },
      }),
      { referral_ids: [id(8)] },
    ],
    [
      "referral_ring",
      "hold",
      fraudEvidence({
        chain: [
          { customer_id: id(8), email_normalised: "a@example.com", phone: null, address: null },
          { customer_id: id(9), email_normalised: null, phone: "+27821110002", address: null },
        ],
      }),
      { customer_ids: [id(9)] },
    ],
    [
      "returned_after_erasure",
      "hold",
      fraudEvidence({ returned: ["phone", "email"] }),
      { matched: ["phone", "email"] },
    ],
    [
      "address_recently_served",
      "hold",
      fraudEvidence(servedAt("2026-10-01T00:00:00Z")),
      { served_until: "2026-10-01T00:00:00Z", within_days: 90 },
    ],
    [
      "velocity",
      "hold",
      fraudEvidence({ counts: { last_24h: 5 } }),
      { in_24_hours: 6, alert_above: 5 },
    ],
    [
      "email_sequence",
      "hold",
      fraudEvidence({
        referred: { email: "john03@gmail.com" },
        friends: [
          otherFriend(1, { email: "john01@gmail.com" }),
          otherFriend(2),
          otherFriend(3, { email: "john.02@gmail.com" }),
        ],
      }),
      { email: "john03@gmail.com", referral_ids: [id(1), id(3)] },
    ],
    [
      "phone_sequence",
      "hold",
      fraudEvidence({
        friends: [
          otherFriend(1, { phone: "+27821110003" }),
          otherFriend(2, { phone: "+27821110005" }),
          otherFriend(3, { phone: "+27831110004" }),
        ],
      }),
      { phone: "+27821110002", referral_ids: [id(1), id(2)] },
    ],
    [
      "near_address_as_referrer",
      "flag",
      fraudEvidence({
        referrer: { address: home("12 Kloof Street") },
        referred: { address: home("12 Kloof Street Rear") },
      }),
      { referrer_customer_id: id(1), differences: ["unit_suffix"] },
    ],
    [
      "near_address_as_referral",
      "flag",
      fraudEvidence({
        referred: { address: home("12 Kloof Street") },
        friends: [
          otherFriend(1, { address: home("12 Klof Street") }),
          otherFriend(2, { address: home("14 Kloof Street") }),
        ],
      }),
      { referral_ids: [id(1)], differences: ["street_spelling"] },
    ],
    [
      "similar_email",
      "flag",
      fraudEvidence({
        referred: { email: "thand1@example.com" },
        friends: [otherFriend(1, { email: "than.di@example.com" }), otherFriend(2)],
      }),
      { like_referrer: true, referral_ids: [id(1)] },
    ],
    [
      "shared_domain",
      "flag",
      fraudEvidence({
        friends: [
          otherFriend(1, { email: "a@example.com" }),
          otherFriend(2, { email: "b@example.com" }),
          otherFriend(3),
        ],
      }),
      { domain: "example.com", referral_ids: [id(1), id(2)] },
    ],
    [
      "steady_pace",
      "flag",
      fraudEvidence({
        friends: [1, 2, 3, 4, 5].map((day) =>
          otherFriend(day, { referred_at: `2026-11-${30 - day + 1}T1${day % 3}:00:00Z` }),
        ),
      }),
      { referrals: 6, first_at: "2026-11-26T12:00:00Z" },
    ],
    [
      "disposable_email",
      "flag",
      fraudEvidence({ referred: { email: "x@Mailinator.com" } }),
      { domain: "mailinator.com" },
    ],
    [
      "shared_ip",
      "flag",
      fraudEvidence({ referred: { ip_address: "192.0.2.1" } }),
      { ip_address: "192.0.2.1", used_by_referrer: true, referral_ids: [] },
    ],
    [
      "same_device",
      "flag",
      fraudEvidence({ matches: { same_device_referral_ids: [id(7)] } }),
      { user_agent: "Mozilla/5.0", ip_address: "198.51.100.7", referral_ids: [id(7)] },
    ],
    [
      "fast_order",
      "flag",
      fraudEvidence({ visit: { visited_at: "2026-12-01T09:58:30Z" } }),
      { seconds: 90, visited_at: "2026-12-01T09:58:30Z", ordered_at: "2026-12-01T10:00:00Z" },
    ],
  ];

  it.each(cases)("%s (%s)", (signal, severity, evidence, matched) => {
    const verdict = assess(evidence);
    expect(verdict).toMatchObject({ flags: [{ signal, severity, evidence: matched }] });
    expect(signals(evidence)).toEqual([signal]);
    expect(SIGNALS[signal]).toMatchObject({ severity });
    expect(verdict).toMatchObject({ alert: signal === "velocity" });
  });

  it("and none of them is missing here", () => {
    expect(cases.map(([signal]) => signal)).toEqual(Object.keys(SIGNALS));
  });

  it("all together, in the order of the list, the score being their sum", () => {
    const verdict = assess(
      fraudEvidence({
        referred: {
          address: home("1 Loop Street"),
          address_key: "8001|1|loop street|",
          email: "x@mailinator.com",
          ip_address: "192.0.2.1",
        },
        counts: { last_24h: 9, this_month: 9 },
        matches: {
          same_address_referral_ids: [id(5)],
          same_phone_referral_ids: [id(5)],
          same_device_referral_ids: [id(5)],
        },
        elsewhere: {
          ...elsewhere,
          served: [{ address: home("1 Loop Street"), served_until: "2026-11-01T00:00:00Z" }],
        },
        visit: { visited_at: "2026-12-01T09:59:59Z" },
      }),
    );
    if (verdict.verdict !== "accepted") throw new Error("accepted expected");
    const raised = verdict.flags.map(({ signal }) => signal);
    expect(raised).toEqual(Object.keys(SIGNALS).filter((signal) => BASIC.has(signal)));
  });

  it("facts that were not gathered raise nothing beyond the basic signals", () => {
    fc.assert(
      fc.property(fc.constantFrom(...cases.map(([, , evidence]) => evidence)), (evidence) => {
        const { friends: _, elsewhere: __, returned: ___, chain: ____, ...rest } = evidence;
        const bare = {
          ...rest,
          referrer: { ...rest.referrer, address: undefined },
          referred: { ...rest.referred, address: undefined },
        };
        expect(signals(bare).filter((signal) => !BASIC.has(signal))).toEqual([]);
      }),
    );
  });
});

describe("flags that hold because of each other", () => {
  const near = { referrer: { address: home("12 Kloof Street") } };
  const rear = home("12 Kloof Street Rear");
  const held = (evidence: FraudEvidence) => {
    const verdict = assess(evidence);
    if (verdict.verdict !== "accepted") throw new Error("accepted expected");
    return verdict.flags.filter(({ severity }) => severity === "hold").map(({ signal }) => signal);
  };

  it("an address nearly the referrer's, ordered from the referrer's network", () => {
    expect(
      held(
        fraudEvidence({
          referrer: { ...near.referrer, ip_addresses: ["2001:db8:1:2::1"] },
          referred: { address: rear, ip_address: "2001:db8:1:2:aaaa::9" },
        }),
      ),
    ).toEqual(["near_address_as_referrer"]);
    expect(
      held(
        fraudEvidence({
          referrer: { ...near.referrer, ip_addresses: ["2001:db8:1:3::1"] },
          referred: { address: rear, ip_address: "2001:db8:1:2:aaaa::9" },
        }),
      ),
    ).toEqual([]);
  });

  it("an address nearly another friend's, when the same friend matches in a second way", () => {
    const friends = [
      otherFriend(1, { address: home("12 Kloof Street"), ip_address: "198.51.100.7" }),
      otherFriend(2, { address: home("99 Long Street"), ip_address: "203.0.113.9" }),
    ];
    const order = (ip_address: string) =>
      fraudEvidence({ referred: { address: rear, ip_address }, friends });
    expect(held(order("198.51.100.7"))).toEqual(["near_address_as_referral"]);
    expect(held(order("203.0.113.9"))).toEqual([]);
  });

  it("two habits together, not one", () => {
    const friends = [1, 2, 3, 4, 5].map((day) =>
      otherFriend(day, {
        email: `friend${"abcde"[day - 1]}@example.com`,
        referred_at: `2026-11-${30 - day + 1}T10:00:00Z`,
      }),
    );
    expect(held(fraudEvidence({ friends }))).toEqual(["shared_domain", "steady_pace"]);
    expect(held(fraudEvidence({ friends: friends.slice(0, 3) }))).toEqual([]);
  });
});

describe("addresses that are known as typed", () => {
  const key = "8001|2|long street|";

  it("are the same in two notations, although their keys differ", () => {
    const evidence = fraudEvidence({
      referrer: { address: { ...home("12 Kloof Street"), suburb: null }, address_key: "one" },
      referred: { address: home("12 Kloof Street"), address_key: "two" },
    });
    expect(signals(evidence)).toEqual(["same_address_as_referrer"]);
  });

  it("decide against keys that are equal: two complexes on one plot", () => {
    const evidence = fraudEvidence({
      referrer: { address: home("4 Rose Mews, 12 Kloof Street"), address_key: key },
      referred: { address: home("4 Sunny Court, 12 Kloof Street"), address_key: key },
      matches: { same_address_referral_ids: [id(5)] },
      friends: [otherFriend(5, { address: home("4 Rose Mews, 12 Kloof Street") })],
    });
    expect(signals(evidence)).toEqual([]);
  });

  it("raise a hold for a served address in another notation, within 90 days", () => {
    const served = (served_until: string) =>
      fraudEvidence({
        referred: { address: home("12 Kloof Street") },
        elsewhere: { ...elsewhere, served: [{ address: home("Kloofstraat 12"), served_until }] },
      });
    expect(signals(served("2026-10-01T00:00:00Z"))).toEqual(["address_recently_served"]);
    expect(signals(served("2026-08-01T00:00:00Z"))).toEqual([]);
  });

  it("lead back through the chain of referrers, also when nearly the same", () => {
    const evidence = fraudEvidence({
      referred: { address: home("12 Kloof Street Rear") },
      chain: [
        {
          customer_id: id(8),
          email_normalised: null,
          phone: null,
          address: home("12 Kloof Street"),
        },
      ],
    });
    expect(signals(evidence)).toEqual(["referral_ring"]);
  });
});

describe("a number that somebody had before is still theirs", () => {
  const phone = "+27821230001";
  const before = { phone: "+27821230002", former_phones: ["+27821230003", phone] };

  it("the referrer's blocks", () => {
    const order = (referrer: object) => fraudEvidence({ referrer, referred: { phone } });
    expect(reason(order(before))).toBe("self_referral");
    expect(reason(order({ ...before, former_phones: ["+27821230003"] }))).toBeNull();
    expect(reason(order({ phone: null }))).toBeNull();
  });

  it("that of somebody in the chain holds", () => {
    const evidence = fraudEvidence({
      referred: { phone },
      chain: [{ customer_id: id(8), email_normalised: null, address: null, ...before }],
    });
    expect(signals(evidence)).toEqual(["referral_ring"]);
  });
});

describe("a mailbox behind an alias is the referrer's own", () => {
  it.each([
    ["thandi@me.com", "thandi@icloud.com"],
    ["thandi@yahoo.com", "thandi-friend@yahoo.com"],
    ["thandi.n@protonmail.com", "thandin@pm.me"],
    ["thandi@fastmail.com", "friend@thandi.fastmail.com"],
  ])("%s and %s", (own, other) => {
    const evidence = fraudEvidence({
      referrer: { email_normalised: own },
      referred: { email: other, email_normalised: other },
    });
    expect(reason(evidence)).toBe("self_referral");
  });
});

describe("a network of IPv6 is its first 64 bits", () => {
  it("two other friends within 30 days from one /64 are a signal", () => {
    const friends = (referred_at: string) =>
      [1, 2].map((n) => otherFriend(n, { ip_address: `2001:db8:1:2::${n}`, referred_at }));
    const order = { referred: { ip_address: "2001:db8:1:2:f::3" } };
    expect(signals(fraudEvidence({ ...order, friends: friends("2026-11-20T10:00:00Z") }))).toEqual([
      "shared_ip",
    ]);
    expect(signals(fraudEvidence({ ...order, friends: friends("2026-10-20T10:00:00Z") }))).toEqual(
      [],
    );
  });
});

describe("the edges of the signals", () => {
  it("five referrals in a day are fine, the sixth is held and reported", () => {
    expect(signals(fraudEvidence({ counts: { last_24h: 4 } }))).toEqual([]);
    expect(signals(fraudEvidence({ counts: { last_24h: 5 } }))).toEqual(["velocity"]);
  });

  it("one other referral from the same IP address is chance, two are a signal", () => {
    const from = (ids: string[]) => fraudEvidence({ matches: { same_ip_referral_ids: ids } });
    expect(signals(from([id(5)]))).toEqual([]);
    expect(signals(from([id(5), id(6)]))).toEqual(["shared_ip"]);
  });

  it("an unknown IP address matches nothing", () => {
    const evidence = fraudEvidence({
      referred: { ip_address: null },
      matches: { same_ip_referral_ids: [id(5), id(6)] },
    });
    expect(signals(evidence)).toEqual([]);
  });

  it.each([
    ["2026-12-01T09:58:00Z", true],
    ["2026-12-01T09:57:59Z", false],
    ["2026-12-01T10:00:00Z", true],
    ["2026-12-01T10:00:01Z", false],
  ])("an order at 10:00:00 after a visit at %s is fast: %s", (visited_at, isFast) => {
    expect(signals(fraudEvidence({ visit: { visited_at } })).includes("fast_order")).toBe(isFast);
  });

  it.each([
    ["2026-09-02T10:00:00Z", true],
    ["2026-09-02T09:59:59Z", false],
    ["2026-12-01T10:00:00Z", true],
    ["2024-01-01", false],
  ])("an address served until %s was served recently: %s", (until, isRecent) => {
    expect(signals(fraudEvidence(servedAt(until))).includes("address_recently_served")).toBe(
      isRecent,
    );
  });
});

describe("sharing an internet address never costs a friend their referral", () => {
  it("200 honest friends behind one carrier address are accepted with low flags only", () => {
    for (let n = 0; n < 200; n += 1) {
      const verdict = assess(
        fraudEvidence({
          referrer: { ip_addresses: ["198.51.100.7"] },
          referred: { email: `friend${n}@example.com`, email_normalised: `friend${n}@example.com` },
          matches: {
            same_ip_referral_ids: Array.from({ length: n }, (_, i) => id(i)),
            same_device_referral_ids: Array.from({ length: n % 5 }, (_, i) => id(i)),
          },
        }),
      );
      if (verdict.verdict !== "accepted") throw new Error("accepted expected");
      expect(verdict.flags.every(({ severity }) => severity === "flag")).toBe(true);
      const score = verdict.flags.reduce((sum, { weight }) => sum + weight, 0);
      expect(score).toBeLessThanOrEqual(20);
      expect(verdict.alert).toBe(false);
    }
  });

  it("whatever else the evidence says, the IP address and the device change no hold or block", () => {
    const outcome = (evidence: FraudEvidence) => {
      const verdict = assess(evidence);
      return verdict.verdict === "blocked"
        ? verdict.reason
        : verdict.flags.filter(({ severity }) => severity === "hold").map(({ signal }) => signal);
    };
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.nat({ max: 12 }),
        fc.nat({ max: 12 }),
        fc.array(fc.nat().map(id), { maxLength: 30 }),
        (is_customer, has_active_service, this_month, last_24h, shared) => {
          const parts = { counts: { this_month, last_24h }, referrer: { has_active_service } };
          const without = fraudEvidence({ ...parts, referred: { is_customer, ip_address: null } });
          const withIp = fraudEvidence({
            ...parts,
            referrer: { has_active_service, ip_addresses: ["198.51.100.7"] },
            referred: { is_customer },
            matches: { same_ip_referral_ids: shared, same_device_referral_ids: shared },
          });
          expect(outcome(withIp)).toEqual(outcome(without));
        },
      ),
    );
  });
});

describe("the words of the rules", () => {
  it.each(BLOCK_REASONS)(
    "%s tells the person that their order went through, and no more",
    (why) => {
      expect(ordered.refused[why]).toMatch(/^Your order went through\. .*\.$/);
      expect(ordered.refused[why]).not.toMatch(/phone|e-mail|address|invoice|overdue|suspend|!/i);
    },
  );

  it.each(Object.entries(SIGNALS))("%s is explained to the reviewer", (_, definition) => {
    expect(definition.label.length).toBeGreaterThan(5);
    expect(definition.explanation).toMatch(/\.$/);
    expect(definition.weight).toBeGreaterThan(0);
    expect(definition.weight).toBeLessThanOrEqual(100);
    if (definition.severity === "hold") expect(definition.weight).toBeGreaterThanOrEqual(30);
  });
});

describe("evidence from the database", () => {
  it("is accepted with any uuid and offset, and refused when a part is missing", () => {
    const evidence = fraudEvidence({ ordered_at: "2026-12-01T10:00:00.123456+02:00" });
    evidence.referrer.customer_id = "00000000-0000-0000-0000-000000000001";
    expect(fraudEvidenceSchema.parse(evidence)).toEqual(evidence);
    const { counts: _, ...incomplete } = evidence;
    expect(fraudEvidenceSchema.safeParse(incomplete).success).toBe(false);
    expect(fraudEvidenceSchema.safeParse({ ...evidence, ordered_at: "soon" }).success).toBe(false);
  });
});
