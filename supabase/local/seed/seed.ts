/**
 * The demo data: a year of a small provider's customers, with the accounts that the README names.
 * Everything is made by the product's own functions at the time at which it would have happened,
 * so that it obeys all their rules; dates are counted back from today.
 */
import { setTimeout } from "node:timers/promises";
import { createClient } from "@supabase/supabase-js";
import postgres, { type Sql } from "postgres";
import { z } from "zod";
import { type Clock, fixedClock, systemClock } from "@/lib/clock";
import { DAY_MS } from "@/lib/dates";
import { getEnv } from "@/lib/env";
import { NotificationService } from "@/lib/notifications/delivery";
import { captureSender } from "@/lib/notifications/senders";
import { createServerClient, type ServerClient } from "@/lib/supabase/clients";
import { refreshProgramDays } from "@/lib/supabase/maintenance";
import { callRpc } from "@/lib/supabase/rpc";
import { listCoverage } from "./coverage";
import { People } from "./people";
import { Random } from "./random";
import type { SeedContext } from "./seeding";
import { CUSTOMER_ACCOUNTS, HISTORY_DAYS, tellStory } from "./story";
import { type Staff, World } from "./world";

/** Password of all demo accounts. They exist in the embedded database only. */
const PASSWORD = "referral-demo";

const STAFF = [
  { email: "admin@demo.test", name: "Naledi Khumalo", role: "owner" },
  { email: "billing@demo.test", name: "Riaan Botha", role: "billing" },
  { email: "reviewer@demo.test", name: "Zanele Dube", role: "reviewer" },
  { email: "support@demo.test", name: "Priya Naidoo", role: "support" },
] as const;

const PACKAGES = [
  ["fibre-25", "Fibre 25/25", "For mail, music and one stream in HD.", 59_900, 25],
  ["fibre-50", "Fibre 50/50", "For a couple who work and watch at home.", 79_900, 50],
  ["fibre-100", "Fibre 100/100", "For families: several streams, games and calls.", 99_900, 100],
  ["fibre-200", "Fibre 200/200", "For full houses and large uploads.", 129_900, 200],
] as const;

const stateless = { autoRefreshToken: false, persistSession: false, detectSessionInUrl: false };

const ATTEMPTS = 3;
const PAUSE_MS = 500;

/** Signs one demo account up, as its owner would. Repeats the call when it fails. */
async function createAccount(context: SeedContext, email: string): Promise<string> {
  const { auth } = createClient(context.apiUrl, context.publishableKey, { auth: stateless });
  const account = { email, password: PASSWORD };
  for (let attempt = 1; ; attempt += 1) {
    const created = await auth.signUp(account);
    if (created.data.user) return created.data.user.id;
    // The account may exist although the answer got lost.
    const existing = await auth.signInWithPassword(account);
    if (existing.data.user) return existing.data.user.id;
    if (attempt === ATTEMPTS) {
      const reason = created.error?.message ?? "no user";
      throw new Error(`The demo account ${email} could not be created: ${reason}`, {
        cause: created.error,
      });
    }
    await setTimeout(PAUSE_MS);
  }
}

/** Creates the demo accounts. Returns the auth user ids by e-mail. */
async function createAccounts(context: SeedContext): Promise<Map<string, string>> {
  const users = new Map<string, string>();
  for (const email of [...CUSTOMER_ACCOUNTS, ...STAFF.map(({ email }) => email)]) {
    users.set(email, await createAccount(context, email));
  }
  return users;
}

async function hireStaff(
  sql: Sql,
  authUsers: ReadonlyMap<string, string>,
  since: Date,
): Promise<Staff> {
  const idOf = (email: string): string => {
    const id = authUsers.get(email);
    if (!id) throw new Error(`${email} has no account`);
    return id;
  };
  const rows = STAFF.map((admin) => ({
    auth_user_id: idOf(admin.email),
    ...admin,
    created_at: since,
    updated_at: since,
  }));
  await sql`insert into public.admin_users ${sql(rows)}`;
  return { owner: idOf("admin@demo.test"), billing: idOf("billing@demo.test") };
}

async function offerPackages(sql: Sql, since: Date): Promise<void> {
  const rows = PACKAGES.map(([slug, name, description, cents, mbps], index) => ({
    slug,
    name,
    description,
    monthly_price_cents: cents,
    download_mbps: mbps,
    upload_mbps: mbps,
    sort_order: index + 1,
    created_at: since,
  }));
  await sql`insert into public.service_packages ${sql(rows)}`;
}

/**
 * Renders the mails that were due by an instant into the mailbox, until `isOver` and nothing is
 * left. They are always captured, because the demo's people must receive no real mail.
 */
async function captureMails(options: {
  client: ServerClient;
  siteUrl: string;
  alertEmail: string;
  dueBy: Date;
  isOver: () => boolean;
}): Promise<void> {
  const mails = new NotificationService({
    client: options.client,
    clock: fixedClock(options.dueBy),
    sender: captureSender(),
    settings: { siteUrl: options.siteUrl, alertEmail: options.alertEmail },
  });
  for (let isLast = false; !isLast; ) {
    isLast = options.isOver();
    const { captured, failed } = await mails.deliverDue({ limit: 30 });
    if (failed > 0) throw new Error(`${failed} mails of the demo cannot be rendered`);
    if (captured === 0 && !isLast) await setTimeout(100);
  }
}

const verificationSchema = z.object({
  violations: z.number().int(),
  details: z.array(z.object({ rule: z.string(), entity: z.string() })),
});

async function verify(client: ServerClient): Promise<void> {
  const { violations, details } = await callRpc(
    client,
    "verify_invariants",
    {},
    verificationSchema,
  );
  if (violations === 0) return;
  const first = details.slice(0, 5).map(({ rule, entity }) => `${rule} (${entity})`);
  throw new Error(`The demo data breaks ${violations} rules: ${first.join("; ")}`);
}

/** Days since the demo's launch: its week is over, its month is under way. */
const LAUNCHED_DAYS_AGO = 20;

/** Sets the launch and its targets, and lets customers answer for the free months that they used. */
async function planLaunch(sql: Sql, owner: string, now: Date): Promise<void> {
  const targets = {
    week_1: { codes: 6, referrals: 4, active: 2, earned: 1, applied: 0 },
    month_1: { codes: 30, referrals: 16, active: 12, earned: 4, applied: 3 },
  };
  const bounds = { fraud_bps: 500, p95_ms: 200, satisfaction_hundredths: 400 };
  const plan = {
    week_1: { ...targets.week_1, ...bounds },
    month_1: { ...targets.month_1, ...bounds },
  };
  await sql`
    with plan as (
      insert into public.launch_plans (version, launched_on, targets, reason, created_by)
      select max(version) + 1,
        private.local_date(${now}, private.billing_time_zone()) - ${LAUNCHED_DAYS_AGO}::integer,
        ${sql.json(plan)}, 'Agreed for the launch', ${owner}
      from public.launch_plans
      returning version, launched_on
    )
    select private.write_audit(
      ${owner}, 'launch.updated', 'launch', version::text, null, 'Agreed for the launch', null,
      jsonb_build_object('launched_on', launched_on), ${now})
    from plan`;
  // One of the used free months is left for its customer to answer.
  await sql`
    insert into public.satisfaction_answers (reward_id, customer_id, score, created_at)
    select w.id, w.customer_id, 3 + (row_number() over (order by w.applied_at) % 3),
      least(w.applied_at + interval '1 day', ${now}::timestamptz)
    from public.referral_rewards as w
    join public.customers as c on c.id = w.customer_id
    where w.status = 'applied' and c.email <> 'rewarded@demo.test'`;
}

/**
 * Fills a freshly migrated database. Call it once. The demo ends at the clock's now.
 * @throws Error when anything could not be made, or when what was made breaks an invariant.
 */
export async function seed(context: SeedContext, clock: Clock = systemClock): Promise<void> {
  const now = clock();
  const env = getEnv();
  // What a crash would lose is made anew by the next start.
  const connection = { synchronous_commit: "off" };
  const sql = postgres(context.dbUrl, { max: 2, onnotice: () => {}, connection });
  try {
    const client = createServerClient({ url: context.apiUrl, secretKey: context.secretKey });
    const since = new Date(now.getTime() - (HISTORY_DAYS + 20) * DAY_MS);
    const [authUsers, [settings]] = await Promise.all([
      createAccounts(context),
      sql<{ time_zone: string }[]>`select private.billing_time_zone() as time_zone`,
      offerPackages(sql, since),
      listCoverage(sql),
    ]);
    if (!settings) throw new Error("there are no billing settings");
    const random = new Random(20_260_101);
    const staff = await hireStaff(sql, authUsers, since);
    const world = new World({
      sql,
      client,
      now,
      timeZone: settings.time_zone,
      random,
      staff,
      authUsers,
      siteUrl: env.SITE_URL,
      alertEmail: env.ALERT_EMAIL,
    });
    tellStory(world, new People(random));
    let isOver = false;
    const living = world.run().finally(() => {
      isOver = true;
    });
    // The last day's mails are left to the job, unless it would really send them.
    const dueBy = new Date(now.getTime() - (env.RESEND_API_KEY ? 0 : DAY_MS));
    // Rendering fills the time in which the story waits for the database.
    await Promise.all([
      living,
      captureMails({
        client,
        siteUrl: env.SITE_URL,
        alertEmail: env.ALERT_EMAIL,
        dueBy,
        isOver: () => isOver,
      }),
    ]);
    // Each mail gets the time at which it would have been handled.
    await sql`
      update public.notifications
      set first_attempt_at = created_at + interval '20 seconds',
        sent_at = created_at + interval '21 seconds'
      where status = 'captured'`;
    await sql`
      update public.notification_tries as t
      set started_at = n.first_attempt_at, ended_at = n.sent_at
      from public.notifications as n where n.id = t.notification_id`;
    await planLaunch(sql, staff.owner, now);
    await verify(client);
    await refreshProgramDays(client, now);
    await sql`analyze`;
    context.log(`Demo data: ${world.subscribers.length} orders of the last year`);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
