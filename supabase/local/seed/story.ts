import type { People, Person } from "./people";
import type { Subscriber, World } from "./world";

/** How far back the demo begins, in days: long enough for a free month to have run out. */
export const HISTORY_DAYS = 400;

const PACKAGES = ["fibre-25", "fibre-50", "fibre-50", "fibre-100", "fibre-100", "fibre-200"];

/** The customers of the demo accounts. Their e-mail addresses are fixed. */
export const CUSTOMER_ACCOUNTS = [
  "referrer@demo.test",
  "rewarded@demo.test",
  "newcomer@demo.test",
  "suspended@demo.test",
] as const;

function tellDemoAccounts(world: World, people: People): { suspended: Subscriber } {
  const account = (email: (typeof CUSTOMER_ACCOUNTS)[number], first: string, last: string) =>
    people.create({ email, first_name: first, last_name: last });

  const referrer = world.join(account("referrer@demo.test", "Thandi", "Mokoena"), {
    at: world.daysAgo(214, 9, 12),
    activeAt: world.daysAgo(208, 11),
    packageSlug: "fibre-100",
    habit: "debit_order",
  });
  // Never connected: the referral ran out after 30 days, the order was cancelled later.
  const expired = world.join(people.create({ first_name: "Bongani", last_name: "Zulu" }), {
    at: world.daysAgo(70, 18, 20),
    invitation: { from: referrer },
  });
  world.cancelOrder(expired, world.daysAgo(33, 9, 30), "The building has no fibre yet");
  const counted = world.join(people.create({ first_name: "Kagiso", last_name: "Molefe" }), {
    at: world.daysAgo(60, 19, 5),
    activeAt: world.daysAgo(54, 10, 15),
    invitation: { from: referrer },
  });
  // This month has its invoice: the new price waits for the next.
  world.changePackage(
    counted,
    world.daysAgo(3, 11, 25),
    "fibre-100",
    "Works from home now and asked for more speed",
  );
  world.join(people.create({ first_name: "Lerato", last_name: "Dube" }), {
    at: world.daysAgo(22, 20, 40),
    activeAt: world.daysAgo(17, 7, 30),
    packageSlug: "fibre-100",
    invitation: { from: referrer },
  });
  world.join(people.create({ first_name: "Megan", last_name: "Adams" }), {
    at: world.daysAgo(4, 12, 10),
    invitation: { from: referrer, via: "typed" },
  });

  const rewarded = world.join(account("rewarded@demo.test", "Pieter", "van Wyk"), {
    at: world.daysAgo(301, 14, 2),
    activeAt: world.daysAgo(294, 9, 45),
    packageSlug: "fibre-100",
    habit: "debit_order",
  });
  // Both free months are earned in the weeks before this month was billed. A cycle uses one.
  const billed = world.monthStart();
  const friends: [number, string, string][] = [
    [-42, "Nosipho", "Mkhize"],
    [-41, "Johan", "Steyn"],
    [-39, "Aaliyah", "Davids"],
    [-37, "Tshepo", "Mabaso"],
  ];
  for (const [days, first, last] of friends) {
    world.join(people.create({ first_name: first, last_name: last }), {
      at: world.later(billed, days - 5, 17, 30),
      activeAt: world.later(billed, days, 11),
      packageSlug: world.random.pick(PACKAGES),
      invitation: { from: rewarded },
    });
  }

  world.credit(rewarded, world.later(world.monthStart(1), 9, 10, 40), {
    month: world.monthStart(1),
    cents: 6_600,
    reason: "Two days without a line after a cable was cut",
  });

  world.join(account("newcomer@demo.test", "Aisha", "Parker"), {
    at: world.daysAgo(16, 20, 15),
    activeAt: world.daysAgo(12, 13),
    packageSlug: "fibre-50",
    habit: "debit_order",
  });

  // The package changed in the month in which the service began: its first invoice has both prices.
  const began = world.monthStart(4);
  const suspended = world.join(account("suspended@demo.test", "Sipho", "Ndlovu"), {
    at: world.later(began, 5, 10, 25),
    activeAt: world.later(began, 9, 9),
    packageSlug: "fibre-50",
    habit: { stoppedAt: world.daysAgo(75) },
  });
  world.changePackage(
    suspended,
    world.later(began, 19, 14, 10),
    "fibre-25",
    "Asked for the smaller package to save",
  );
  world.setStatus(
    suspended,
    world.daysAgo(13, 9),
    "suspended",
    "Debit order returned twice; customer was phoned",
  );
  return { suspended };
}

/** First customers who have not paid for some time. One of them still shares the code. */
const LATE_PAYERS: ReadonlySet<number> = new Set([22, 25]);

/** The first customers, who came without a code. */
function tellFounders(world: World, people: People): Subscriber[] {
  return Array.from({ length: 26 }, (_, index) => {
    const ordered = HISTORY_DAYS - 4 - index * 7;
    return world.join(people.create(), {
      at: world.daysAgo(ordered, 8 + (index % 10), 5 + ((index * 11) % 50)),
      activeAt: world.daysAgo(ordered - world.random.int(2, 3), 9 + (index % 7)),
      packageSlug: world.random.pick(PACKAGES),
      habit: LATE_PAYERS.has(index)
        ? { stoppedAt: world.daysAgo(75) }
        : world.random.pick(["debit_order", "later"]),
    });
  });
}

/** A year of referrals, more of them each month. */
function tellYear(world: World, people: People, circle: readonly Subscriber[]): void {
  const { random } = world;
  // A few customers share most of the links.
  const sharers = [...circle];
  for (let day = 350; day > 2; day -= random.int(4, day > 180 ? 11 : 8)) {
    const at = world.daysAgo(day, random.int(8, 20), random.int(0, 59));
    world.plan(at, async () => {
      const able = sharers.filter((sharer) => sharer.status === "active");
      const from = random.chance(0.6) ? random.pick(able.slice(0, 5)) : random.pick(able);
      tellFriend(world, people, { at, from, sharers });
    });
  }
}

function tellFriend(
  world: World,
  people: People,
  friend: { at: Date; from: Subscriber; sharers: Subscriber[] },
): void {
  const { random } = world;
  const { at, from, sharers } = friend;
  const installed = world.later(at, random.int(2, 9), random.int(0, 3));
  const course = random.int(1, 100);
  const isConnected = course > 18;
  const joined = world.join(people.create(), {
    at,
    packageSlug: random.pick(PACKAGES),
    habit: random.chance(0.6) ? "debit_order" : "later",
    invitation: {
      from,
      via: random.chance(0.8) ? "link" : "typed",
      minutesBefore: random.int(6, 2000),
    },
    ...(isConnected ? { activeAt: installed } : {}),
  });
  if (course <= 8) {
    const decided = world.later(at, random.int(1, 6));
    world.cancelOrder(joined, decided, "Changed their mind and stays with their provider");
  } else if (!isConnected) {
    // The order waited until the referral expired, and was cancelled some days later.
    const givenUp = world.later(at, random.int(33, 44));
    world.cancelOrder(joined, givenUp, "Landlord did not agree to the installation");
  } else if (course <= 24) {
    world.setStatus(
      joined,
      world.later(installed, random.int(5, 28)),
      "cancelled",
      "Moved to an area without coverage",
    );
  } else if (course <= 30) {
    world.setStatus(
      joined,
      world.later(installed, random.int(6, 27)),
      "suspended",
      "First debit order failed",
    );
  } else if (course <= 34) {
    world.setStatus(
      joined,
      world.later(installed, random.int(60, 150)),
      "cancelled",
      "Emigrated; equipment was returned",
    );
  } else {
    sharers.push(joined);
  }
}

/** Orders that the fraud rules flag. Old ones are decided, recent ones wait for review. */
function tellSuspicions(world: World, people: People, founders: readonly Subscriber[]): void {
  const founder = (index: number): Subscriber => {
    const found = founders[index];
    if (!found) throw new Error(`there is no founder ${index}`);
    return found;
  };
  const friend = (
    from: Subscriber,
    given: Partial<Person>,
    orderedDaysAgo: number,
    activeDaysAgo: number | null,
    more: { minutesBefore?: number; hour?: number; minute?: number } = {},
  ) =>
    world.join(people.create(given), {
      at: world.daysAgo(orderedDaysAgo, more.hour ?? 16, more.minute ?? 20),
      ...(activeDaysAgo === null ? {} : { activeAt: world.daysAgo(activeDaysAgo, 11) }),
      packageSlug: world.random.pick(PACKAGES),
      invitation: { from, minutesBefore: more.minutesBefore ?? 45 },
    });
  /** The same place, written the way another person would. */
  const rewritten = ({ address }: Person): Person["address"] => ({
    ...address,
    line1: `${address.line2 ? `${address.line2.replace("Unit ", "")}/` : ""}${address.line1}`
      .replace("Street", "St")
      .replace("Road", "Rd")
      .replace("Avenue", "Ave"),
    line2: undefined,
  });

  // Decided long ago.
  const cottage = friend(founder(6), { address: rewritten(founder(6).person) }, 190, 184);
  world.review(
    cottage,
    world.daysAgo(170, 10, 12),
    "clear",
    "Granny flat with its own meter; lease checked",
  );
  const carrier = friend(founder(7), { ip: founder(7).person.ip }, 120, 115);
  world.review(carrier, world.daysAgo(112, 9, 40), "clear", "Both on the same mobile network");
  const secondSelf = friend(
    founder(8),
    { address: rewritten(founder(8).person), email: "nobody.special@mailinator.com" },
    90,
    86,
  );
  world.review(
    secondSelf,
    world.daysAgo(80, 15, 5),
    "reject",
    "Same household under a second name; confirmed by phone",
  );
  const throwaway = friend(founder(9), { email: "quick.signup@yopmail.com" }, 66, 61);
  world.review(
    throwaway,
    world.daysAgo(58, 11, 30),
    "reject",
    "Phone number belongs to nobody; identity not confirmed",
  );

  // Waiting for review: one story for each signal.
  friend(founder(10), { address: rewritten(founder(10).person) }, 12, 8);

  const flatmate = friend(founder(11), {}, 15, null);
  friend(founder(11), { address: rewritten(flatmate.person) }, 11, null);

  const mother = friend(founder(12), {}, 44, 39);
  friend(founder(12), { phone: mother.person.phone }, 38, 33);

  const former = world.join(people.create(), {
    at: world.daysAgo(260, 12),
    activeAt: world.daysAgo(255, 12),
    habit: "debit_order",
  });
  world.setStatus(former, world.daysAgo(36, 16), "cancelled", "Lease ended; moved out of town");
  friend(founder(13), { address: rewritten(former.person) }, 9, 5);

  // An afternoon at a school market: seven friends within hours, one of them looked at since.
  const market = Array.from({ length: 7 }, (_, index) =>
    friend(founder(14), {}, 19, index < 5 ? 14 - index : null, {
      hour: 10 + index,
      minute: 12 + index * 5,
      minutesBefore: 9,
    }),
  );
  const sixth = market[5];
  if (sixth) {
    world.review(
      sixth,
      world.daysAgo(17, 9, 20),
      "clear",
      "Stand at the school market; organiser confirmed",
    );
  }

  friend(founder(15), { email: "fibre.deal@guerrillamail.com" }, 8, 3);
  friend(founder(16), { ip: founder(16).person.ip }, 7, null);

  const device = { ip: people.ip(), userAgent: people.userAgent() };
  friend(founder(17), device, 6, null, { hour: 19, minute: 2 });
  friend(founder(18), device, 6, null, { hour: 19, minute: 8 });

  friend(founder(19), {}, 5, 1, { minutesBefore: 1.2 });
}

/** Orders with a code that could not be applied. The orders were placed nevertheless. */
function tellRefusals(
  world: World,
  people: People,
  cast: { founders: readonly Subscriber[]; suspended: Subscriber },
): void {
  const [self, existing, overdue, referrer] = cast.founders.slice(20, 24);
  if (!self || !existing || !overdue || !referrer) throw new Error("there are too few founders");

  world.join(people.create({ phone: self.person.phone }), {
    at: world.daysAgo(23, 21, 14),
    activeAt: world.daysAgo(18, 10),
    invitation: { from: self },
  });
  // Somebody who is a customer orders a second line with a friend's code.
  world.join(existing.person, {
    at: world.daysAgo(26, 13, 33),
    activeAt: world.daysAgo(21, 15),
    packageSlug: "fibre-25",
    invitation: { from: referrer, via: "typed" },
  });
  world.join(people.create(), {
    at: world.daysAgo(2, 9, 48),
    invitation: { from: overdue, via: "typed" },
  });
  world.join(people.create(), {
    at: world.daysAgo(10, 18, 27),
    activeAt: world.daysAgo(6, 12),
    invitation: { from: cast.suspended, via: "typed" },
  });
  world.join(people.create(), {
    at: world.daysAgo(31, 17, 55),
    activeAt: world.daysAgo(27, 9),
    invitation: { from: "REF-FR33M0NT", via: "typed" },
  });
  world.join(people.create(), {
    at: world.daysAgo(49, 8, 31),
    activeAt: world.daysAgo(45, 9),
    invitation: { from: "ask Thandi", via: "typed" },
  });
}

/** Free months granted by hand: one used up to its ceiling, one revoked, one expired. */
function tellGoodwill(world: World, people: People, founders: readonly Subscriber[]): void {
  const [outage, mistaken, birthday] = founders.slice(1, 4);
  if (!outage || !mistaken || !birthday) throw new Error("there are too few founders");
  const billed = world.monthStart();
  world.grant(outage, world.later(billed, -15, 11), "Five days without a line after the storm", {
    capCents: 30_000,
  });
  world.grant(mistaken, world.later(billed, -12, 14), "Goodwill for a late installation", {
    revoked: {
      at: world.later(billed, -10, 9),
      reason: "Granted to the wrong customer; the right one was credited",
    },
  });
  // Suspended when last month was billed: its invoice came later, for the days from the tenth on.
  const lastMonth = world.monthStart(1);
  world.setStatus(
    mistaken,
    world.later(lastMonth, -4, 10),
    "suspended",
    "On holiday, asked for it",
  );
  world.setStatus(mistaken, world.later(lastMonth, 9, 10), "active", "Back from holiday");
  world.grant(birthday, world.daysAgo(140, 15), "Won the winter competition");

  // Paused the day it was granted, and never billed again: it ran out after a year.
  const away = world.join(people.create(), {
    at: world.daysAgo(HISTORY_DAYS - 1, 9),
    activeAt: world.daysAgo(HISTORY_DAYS - 5, 10),
  });
  world.grant(away, world.daysAgo(385, 10), "Sorry for the second technician visit");
  world.setStatus(away, world.daysAgo(385, 15), "suspended", "Works abroad for a while");
}

/** Orders of the last days, for an admin to activate. */
function tellWaiting(world: World, people: People, circle: readonly Subscriber[]): void {
  const from = circle[0];
  for (const [day, hour] of [
    [3, 19],
    [2, 12],
    [1, 8],
    [1, 20],
  ] as const) {
    world.join(people.create(), {
      at: world.daysAgo(day, hour, 16),
      packageSlug: world.random.pick(PACKAGES),
      ...(from && day > 1 ? { invitation: { from } } : {}),
    });
  }
}

/** People who follow a link and order nothing. */
function tellVisits(world: World, people: People): void {
  const { random } = world;
  for (let day = 350; day > 0; day -= 3) {
    const at = world.daysAgo(day, 12);
    world.plan(at, async () => {
      const able = world.subscribers.filter((someone) => someone.status === "active");
      const visits = Array.from({ length: random.int(1, day > 180 ? 3 : 5) }, () => ({
        code: random.pick(able).real.referral_code,
        visitor: random.uuid(),
        path: random.pick(["/", "/", "/packages", "/packages", "/order/account"]),
        ip: `198.51.100.${random.int(1, 254)}`,
        agent: people.userAgent(),
        at: new Date(at.getTime() - random.int(0, 70) * 3_600_000).toISOString(),
      }));
      await world.recordVisits(visits);
    });
  }
}

/** Accounts with something left: one paid in part, one paid twice, with a free month up to R 300. */
function tellAccounts(world: World, people: People): void {
  const lastMonth = world.monthStart(1);
  const thisMonth = world.monthStart();
  const partPayer = world.join(people.create({ first_name: "Zinhle", last_name: "Radebe" }), {
    at: world.later(lastMonth, -40, 9, 20),
    activeAt: world.later(lastMonth, -34, 10),
    packageSlug: "fibre-50",
    habit: { stoppedAt: lastMonth },
  });
  world.pay(partPayer, world.later(lastMonth, 12, 9), {
    month: lastMonth,
    cents: 30_000,
    reference: "Radebe, the rest on Friday",
  });
  const overPayer = world.join(people.create({ first_name: "Gert", last_name: "Naude" }), {
    at: world.later(lastMonth, -47, 15, 5),
    activeAt: world.later(lastMonth, -41, 9),
    packageSlug: "fibre-100",
    habit: "debit_order",
  });
  const paidTwice = world.later(thisMonth, 1, 8);
  world.pay(overPayer, paidTwice > world.now ? world.now : paidTwice, {
    month: thisMonth,
    cents: 50_000,
    reference: "Naude, paid by hand as well",
  });
  const granted = world.later(thisMonth, 1, 11);
  world.grant(
    overPayer,
    granted > world.now ? world.now : granted,
    "Two debit orders in one month",
    { capCents: 30_000 },
  );
}

/** A service that went live weeks ago and was only recorded now: its days are not billed yet. */
function tellUnbilled(world: World, people: People): void {
  const late = world.join(people.create({ first_name: "Nadia", last_name: "Salie" }), {
    at: world.daysAgo(44, 16, 30),
    packageSlug: "fibre-50",
  });
  world.activateBelatedly(late, world.daysAgo(36, 10));
}

/** Plans everything that the demo shows, ending now. */
export function tellStory(world: World, people: People): void {
  const founders = tellFounders(world, people);
  const { suspended } = tellDemoAccounts(world, people);
  // The founders from the sixth on have stories of their own below.
  const circle = founders.slice(0, 6);
  tellYear(world, people, circle);
  tellSuspicions(world, people, founders);
  tellRefusals(world, people, { founders, suspended });
  tellGoodwill(world, people, founders);
  tellWaiting(world, people, circle);
  tellVisits(world, people);

  for (let monthsAgo = 12; monthsAgo >= 0; monthsAgo -= 1) {
    if (world.monthStart(monthsAgo) < world.daysAgo(HISTORY_DAYS)) continue;
    world.planBilling(monthsAgo, { withMonthBefore: monthsAgo < 12 });
  }
  world.planWeeklyExpiry(world.daysAgo(HISTORY_DAYS - 10, 4));
  // What happens now in these stories comes after the last run.
  tellAccounts(world, people);
  tellUnbilled(world, people);
}
