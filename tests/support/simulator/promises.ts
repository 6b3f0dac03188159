import { AccountService } from "@/lib/account/account-service";
import type { Dashboard } from "@/lib/account/schemas";
import { fixedClock } from "@/lib/clock";
import { jobsOf } from "@/lib/composition/jobs";
import { localDate } from "@/lib/dates";
import {
  addLocalDays,
  nextPeriod,
  periodContaining,
  periodFromMonth,
} from "@/lib/invoicing/period";
import { billingAt } from "@/tests/support/billing";
import { stubClient } from "@/tests/support/stub-client";
import { readState, type State } from "./state";
import type { World } from "./world";

/*
 * What customers are shown, against what the jobs then do while nothing else happens: the next
 * invoice, and the day on which the next free month is earned.
 */

/** Customers whose dashboards are read. */
const SAMPLED = 16;
/** Days of a free month that are waited for. */
const DAYS_AWAITED = 3;
const HOUR_MS = 3_600_000;

/** When the hourly job runs for the last time before a moment: at a full hour. */
const lastRunBefore = (moment: Date): Date =>
  new Date((Math.ceil(moment.getTime() / HOUR_MS) - 1) * HOUR_MS);

/** Everybody pays what they owe. */
async function settleAccounts({ observer }: World, at: Date): Promise<void> {
  await observer`
    select public.record_invoice_payment(i.invoice_number, i.outstanding_cents, ${at}, 'all of it')
    from private.open_invoices as i`;
}

async function dashboards(world: World, ids: string[], at: Date): Promise<Map<string, Dashboard>> {
  if (ids.length === 0) return new Map();
  const rows = await world.observer<{ id: string; document: unknown }[]>`
    select c.id, private.dashboard_document(c.id, ${at}) as document
    from public.customers as c where c.id in ${world.observer(ids)} order by c.id`;
  const read = rows.map(async ({ id, document }): Promise<[string, Dashboard]> => {
    const { caller: client } = stubClient({ status: 200, body: document });
    const deps = {
      client,
      clock: fixedClock(at),
      siteUrl: "http://localhost",
      rewardsEnabled: true,
    };
    return [id, await new AccountService(deps).getDashboard()];
  });
  return new Map(await Promise.all(read));
}

/** Customers of whom everything that is to come can be foreseen, a part of them. */
function sampled({ customers, services, referrals }: State): string[] {
  const unforeseeable = new Set<string>();
  // A suspension ends when an admin ends it.
  for (const { customer, status } of services) {
    if (status === "suspended") unforeseeable.add(customer);
  }
  const free = new Set(services.flatMap(({ order, price }) => (price === 0 ? [order] : [])));
  for (const { referrer, order, openHolds } of referrals) {
    // A friend with a free package never has an invoice; a hold waits for a review.
    if (free.has(order) || openHolds > 0) unforeseeable.add(referrer);
  }
  const ids = customers.flatMap(({ id, erased }) => {
    return erased || unforeseeable.has(id) ? [] : [id];
  });
  const stride = Math.max(1, Math.floor(ids.length / SAMPLED));
  return ids.filter((_, n) => n % stride === 0).slice(0, SAMPLED);
}

/** Invoices of the next cycle that are not what their customers were shown. */
function otherInvoices(shown: Map<string, Dashboard>, cycle: string, before: State, after: State) {
  const known = new Set(before.invoices.map(({ id }) => id));
  return [...shown].flatMap(([customer, { widget }]) => {
    const promised = widget.next_invoice?.period_start === cycle ? widget.next_invoice : null;
    const issued = after.invoices.filter((row) => {
      return row.customer === customer && row.period === cycle && !known.has(row.id);
    });
    const due = issued.reduce((sum, row) => sum + row.due, 0);
    const waived = issued.reduce((sum, row) => sum + row.waived, 0);
    const isKept = promised
      ? due === promised.amount_due_cents && waived === promised.waived_cents
      : issued.length === 0;
    if (isKept) return [];
    const text = promised ? `${promised.amount_due_cents} - ${promised.waived_cents}` : "nothing";
    return [`customer ${customer} was shown ${text} for ${cycle} and got ${due} - ${waived}`];
  });
}

const earnedBy = ({ rewards }: State, customer: string): number =>
  rewards.filter((row) => row.source === "earned" && row.customer === customer).length;

/**
 * Lets time pass in a world in which nobody acts but the jobs, and in which everybody pays. Call
 * it when all jobs have run at `now`.
 */
export async function brokenPromises(world: World, now: Date): Promise<string[]> {
  const { observer, settings } = world;
  const { time_zone: timeZone } = settings;
  const jobsAt = (at: Date) => jobsOf(world.api, fixedClock(at));
  await settleAccounts(world, now);
  await jobsAt(now).qualify();
  const before = await readState(observer, now);
  const shown = await dashboards(world, sampled(before), now);
  const broken: string[] = [];

  /** Who has earned a free month meanwhile is shown another invoice from then on. */
  const showAgain = async (at: Date) => {
    const state = await readState(observer, at);
    const earners = [...shown.keys()].filter((id) => earnedBy(state, id) > earnedBy(before, id));
    for (const [id, dashboard] of await dashboards(world, earners, at)) shown.set(id, dashboard);
    return state;
  };

  const awaited = Map.groupBy(
    [...shown].flatMap(([id, { widget }]) => {
      const { on } = widget.progress;
      return on === null ? [] : [{ id, on }];
    }),
    ({ on }) => on,
  );
  const cycle = nextPeriod(periodContaining(now, timeZone), timeZone);
  const firstHour = new Date(cycle.startsAt.getTime() + HOUR_MS);
  const events: { at: Date; happens: (at: Date) => Promise<void> }[] = [
    {
      at: firstHour,
      async happens(at) {
        await billingAt(at, { client: world.api }).billAll({});
        broken.push(...otherInvoices(shown, cycle.start, before, await readState(observer, at)));
        await settleAccounts(world, at);
      },
    },
  ];
  const today = localDate(now, timeZone);
  for (const [on, referrers] of [...awaited].sort().slice(0, DAYS_AWAITED)) {
    const month = periodFromMonth(on.slice(0, 7), timeZone);
    const begins = addLocalDays(month.startsAt, Number(on.slice(8)) - 1, timeZone);
    const ends = addLocalDays(begins, 1, timeZone);
    if (on < today) broken.push(`the day ${on} is shown on ${today}`);
    if (ends > cycle.endsAt || on < today) continue;
    const look = (isLate: boolean) => async (at: Date) => {
      await jobsAt(at).qualify();
      const state = at < cycle.startsAt ? await showAgain(at) : await readState(observer, at);
      for (const { id } of referrers) {
        const hasEarned = earnedBy(state, id) > earnedBy(before, id);
        if (hasEarned !== isLate) {
          broken.push(`the free month of customer ${id} was shown for ${on}: ${at.toISOString()}`);
        }
      }
    };
    if (lastRunBefore(begins) > now) {
      events.push({ at: lastRunBefore(begins), happens: look(false) });
    }
    const last = lastRunBefore(ends);
    if (last > now) events.push({ at: last, happens: look(true) });
    else broken.push(`no run is left on the day ${on} that is shown at ${now.toISOString()}`);
  }
  for (const { at, happens } of events.sort((a, b) => a.at.getTime() - b.at.getTime())) {
    await happens(at);
  }
  return broken;
}
