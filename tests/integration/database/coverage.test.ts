import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newAdmin, newReferrer } from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { newEmail } from "@/tests/support/people";
import { one } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

const NOW = "2026-03-01T08:00:00Z";

type Area = [suburb: string, city: string, code: string, isCovered: boolean];
const LIST: Area[] = [
  ["Gardens", "Cape Town", "8001", true],
  ["City Centre", "Cape Town", "8001", true],
  ["Wynberg", "Cape Town", "7800", true],
  ["Southfield", "Cape Town", "7800", false],
  ["Khayelitsha", "Cape Town", "7784", false],
];

async function replaceList(areas: readonly Area[], { dryRun = false } = {}) {
  const rows = areas.map(([suburb, city, postal_code, is_covered]) => ({
    suburb,
    city,
    postal_code,
    is_covered,
  }));
  return one(
    await db.sql<{ counts: Record<string, number> }[]>`
      select public.import_coverage(${db.sql.json(rows)}, ${dryRun}, ${NOW}) as counts`,
  ).counts;
}

const coverage = async (suburb: string, code: string) =>
  one(
    await db.sql<{ said: { coverage: string; suburbs: string[] } }[]>`
      select public.check_coverage(${suburb}, ${code}) as said`,
  ).said;

async function wait(given: {
  email?: string;
  suburb?: string;
  code?: string;
  referralCode?: string;
}) {
  const entry = {
    email: given.email ?? newEmail("waiting"),
    first_name: "Lerato",
    suburb: given.suburb ?? "",
    postal_code: given.code ?? "7784",
    package_slug: "fibre-50",
    referral_code: given.referralCode ?? null,
  };
  const { said } = one(
    await db.sql<{ said: { waiting: boolean } }[]>`
      select public.wait_for_coverage(${db.sql.json(entry)}, ${NOW}) as said`,
  );
  return { ...said, email: entry.email };
}

const mails = (recipient: string) => db.sql<
  { template: string; payload: Record<string, unknown> }[]
>`
  select template, payload from public.notifications where recipient = ${recipient} order by number`;

beforeEach(async () => {
  await db.sql`delete from public.coverage_waits`;
  await replaceList(LIST);
});

describe("the check of a home", () => {
  it("goes by the suburb, and by the code where all its suburbs agree", async () => {
    const verdicts = await Promise.all(
      (
        [
          ["", "8001"],
          ["somewhere new", "8001"],
          ["gardens", "8001"],
          ["Khayelitsha", "7784"],
          ["", "7784"],
          ["Wynberg", "7800"],
          [" southfield ", "7800"],
          ["", "7800"],
          ["somewhere new", "7800"],
          ["Gardens", "9999"],
        ] as const
      ).map(async ([suburb, code]) => (await coverage(suburb, code)).coverage),
    );
    expect(verdicts).toEqual([
      ...["covered", "covered", "covered", "uncovered", "uncovered"],
      ...["covered", "uncovered", "suburb_needed", "suburb_needed", "uncovered"],
    ]);
    expect((await coverage("", "7800")).suburbs).toEqual(["Southfield", "Wynberg"]);
  });

  it("says nothing while the provider keeps no list", async () => {
    await replaceList([]);
    expect((await coverage("Gardens", "8001")).coverage).toBe("unlisted");
  });

  it("suggests by the beginning of a name and by a whole code; signs of patterns are letters", async () => {
    const find = async (text: string) =>
      one(
        await db.sql<{ areas: { suburb: string }[] }[]>`
          select public.find_coverage_areas(${text}) as areas`,
      ).areas.map(({ suburb }) => suburb);
    expect(await find("gar")).toEqual(["Gardens"]);
    expect(await find("7800")).toEqual(["Southfield", "Wynberg"]);
    expect(await find("%")).toEqual([]);
    expect(await find("_ardens")).toEqual([]);
  });
});

describe("a replaced list", () => {
  it("tells whoever waited for a suburb that opened, and who invited them, once", async () => {
    const referrer = await newReferrer(db.sql);
    const first = await wait({ referralCode: referrer.referral_code });
    // Asked twice, the second time without the invitation: one entry, and it is kept.
    await wait({ email: first.email });
    const other = await wait({ suburb: "Southfield", code: "7800" });
    expect(first.waiting).toBe(true);

    const opened = LIST.map(
      ([suburb, city, code, is]): Area => [suburb, city, code, is || suburb === "Khayelitsha"],
    );
    const before = await replaceList(opened, { dryRun: true });
    expect(before).toEqual({ before: 5, areas: 5, covered: 4, told: 1 });
    expect(await mails(first.email)).toEqual([]);
    expect(await replaceList(opened)).toEqual(before);
    expect(await replaceList(opened)).toMatchObject({ told: 0 });

    expect(Array.from(await mails(first.email))).toEqual([
      {
        template: "coverage_opened",
        payload: {
          first_name: "Lerato",
          suburb: "",
          postal_code: "7784",
          package_slug: "fibre-50",
          referral_code: referrer.referral_code,
        },
      },
    ]);
    // The friend is no customer yet, so their inviter does not learn who it is.
    expect(Array.from(await mails(referrer.email))).toEqual([
      { template: "friend_coverage_opened", payload: { first_name: "Thandi" } },
    ]);
    expect(await mails(other.email)).toEqual([]);
    const left = await db.sql<{ email: string }[]>`select email from public.coverage_waits`;
    expect(left.map(({ email }) => email)).toEqual([other.email]);
  });

  it("is written down, refused as a whole when a row is wrong, and counts a repeated row once", async () => {
    const failed = await refusal(replaceList([...LIST, ["X", "Y", "12345", true]]));
    expect(failed).toMatchObject({ code: "PT400", message: "invalid_request" });
    expect((await coverage("", "8001")).coverage).toBe("covered");
    expect(await replaceList([...LIST, ["GARDENS", "cape town", "8001", false]])).toMatchObject({
      areas: 5,
      covered: 3,
    });
    const written = await db.sql`
      select after from public.audit_log where action = 'coverage.imported' order by id desc limit 1`;
    expect(written[0]).toMatchObject({ after: { areas: 5, covered: 3, told: 0 } });
  });

  it("lets nobody wait for what is open already", async () => {
    expect(await wait({ code: "8001" })).toMatchObject({ waiting: false, coverage: "covered" });
    expect(await wait({ code: "7800" })).toMatchObject({ coverage: "suburb_needed" });
    expect(await db.sql`select 1 from public.coverage_waits`).toHaveLength(0);
  });
});

it("an erasure forgets that a person waited, and whose invitation others wait with", async () => {
  const customer = await newReferrer(db.sql);
  await wait({ email: customer.email });
  const friend = await wait({ referralCode: customer.referral_code });
  await db.sql`update public.customer_services set status = 'cancelled', cancelled_at = activated_at
    where customer_id = ${customer.id}`;
  const owner = await newAdmin(db.sql, "owner");
  await db.sql`
    select private.erase_customer(${customer.id}, 'They asked for it', ${owner}, now())`;
  const left = await db.sql`select email, referrer_id, referral_code from public.coverage_waits`;
  expect(Array.from(left)).toEqual([
    { email: friend.email, referrer_id: null, referral_code: null },
  ]);
});
