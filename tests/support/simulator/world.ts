import { randomBytes } from "node:crypto";
import postgres, { type Sql } from "postgres";
import type { OutgoingMail, SendResult } from "@/lib/notifications/senders";
import type { BillingSettings } from "@/lib/programme/billing-settings";
import { billingSettingsSchema } from "@/lib/programme/billing-settings";
import type { CallerClient, ServerClient } from "@/lib/supabase/clients";
import { newAdmin, newAuthUser, newPackage } from "@/tests/support/builders";
import { clientOfCaller, clientOfServer } from "@/tests/support/clients";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import type { Draws } from "./random";
import { wireClient } from "./wire";
import { type JobName, KillableWorkers } from "./workers";

/** Connections of the actors, so that all of a round run at once. */
const ACTOR_CONNECTIONS = 10;
const ACTOR = "actor";

/** No world lasts until this day. */
const WORLDS_END = "2026-01-01";
/** Free months that an admin may grant by hand in a month. */
const GRANTS_PER_ADMIN = 8;

const ADMINS = [
  ["00000000-0000-4000-8000-00000000aa01", "owner"],
  ["00000000-0000-4000-8000-00000000aa02", "billing"],
  ["00000000-0000-4000-8000-00000000aa03", "billing"],
] as const;
export const OWNER = ADMINS[0][0];
/** Decides what the owner asks for. */
export const SECOND_ADMIN = ADMINS[1][0];
/** The one whose role changes while she works. */
export const CHANGING_ADMIN = ADMINS[2][0];

export const PACKAGES = [
  { slug: "simulated-25", price: 49_900 },
  { slug: "simulated-100", price: 79_900 },
  { slug: "simulated-200", price: 99_999 },
  { slug: "simulated-free", price: 0 },
] as const;

/** The database of a world, and the data API in front of it. */
interface Ground {
  dbUrl: string;
  /** Without a data API, functions are called directly and no process is killed. */
  site: OwnStack | null;
  stop(): Promise<void>;
}

/** Only its functions are called, and these are redirected to the database. */
const NOBODY = clientOfServer("http://localhost:9", "nobody");

/**
 * A database of its own, emptied between worlds. It is filled by
 * nothing but the product's own functions, but for the staff and the packages.
 */
export class World {
  /** The data API with the secret key, as jobs and routes of the server use it. */
  readonly api: ServerClient;
  /** How many people have ordered so far; person n is known by this number. */
  people = 0;
  /** Mails that reached the provider, by the id of their row. */
  readonly delivered = new Map<string, string>();
  readonly #handing = new Set<string>();
  readonly #workers: KillableWorkers | null;
  readonly #tables: readonly string[];
  readonly #connect: (max: number, name: string) => Sql;

  private constructor(
    private readonly ground: Ground,
    connect: (max: number, name: string) => Sql,
    /** What actors use, as the owner of the database. */
    readonly actors: Sql,
    /** What reads the outcome; its connections are never cut. */
    readonly observer: Sql,
    readonly settings: BillingSettings,
    tables: string[],
  ) {
    this.#connect = connect;
    this.#workers = ground.site && new KillableWorkers(ground.site.dataDir);
    this.api = ground.site?.client ?? wireClient(NOBODY, (run) => run(actors));
    this.#tables = tables;
  }

  /** Starts an empty world with the data API in front of it. */
  static async open(): Promise<World> {
    // The cost of a password hash is not what this is about.
    process.env.LITE_AUTH_BCRYPT_COST ??= "4";
    const site = await ownStack();
    return World.on({ dbUrl: site.stack.dbUrl, site, stop: () => site.stop() });
  }

  /**
   * An empty world on a copy of a migrated database that nobody is connected to. `plant` may
   * damage its schema.
   */
  static async copy(
    template: { url: string; admin: Sql },
    plant: (sql: Sql) => Promise<void> = async () => {},
  ): Promise<World> {
    const { admin } = template;
    const url = new URL(template.url);
    const name = `copy_${randomBytes(6).toString("hex")}`;
    await admin`create database ${admin(name)} template ${admin(url.pathname.slice(1))}`;
    url.pathname = `/${name}`;
    const stop = async () => {
      await admin`drop database if exists ${admin(name)} with (force)`;
    };
    return World.on({ dbUrl: url.href, site: null, stop }, plant);
  }

  private static async on(
    ground: Ground,
    plant: (sql: Sql) => Promise<void> = async () => {},
  ): Promise<World> {
    // Mails that fail are part of it.
    process.env.LOG_LEVEL ??= "silent";
    const connect = (max: number, name: string) =>
      postgres(ground.dbUrl, {
        max,
        onnotice: () => {},
        // Asked for behind our back when a connection opens, where a cut would hit nobody's call.
        fetch_types: false,
        // A world is small and soon gone: planning each call anew is what costs.
        connection: { application_name: name, plan_cache_mode: "force_generic_plan" },
      });
    const observer = connect(2, "observer");
    try {
      await plant(observer);
      const tables = await observer<{ name: string; rows: number }[]>`
        select format('%I.%I', n.nspname, c.relname) as name,
          (xpath('/row/n/text()', query_to_xml(
            format('select count(*) as n from %I.%I', n.nspname, c.relname), false, true, ''
          )))[1]::text::integer as rows
        from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where c.relkind = 'r' and (n.nspname = 'public' or n.nspname || '.' || c.relname = 'auth.users'
          or (n.nspname = 'private' and (c.relname like '%\\_days' or c.relname = 'referral_tallies')))`;
      // What the migrations brought is put back whenever the world is emptied.
      await observer.unsafe("create schema simulator");
      for (const { name, rows } of tables) {
        if (rows === 0) continue;
        const kept = `simulator.${name.replace(/^.*\./, "")}`;
        await observer.unsafe(`create table ${kept} as table ${name}`);
      }
      const [row] = await observer<{ settings: unknown }[]>`
        select public.get_billing_settings() as settings`;
      return new World(
        ground,
        connect,
        connect(ACTOR_CONNECTIONS, ACTOR),
        observer,
        billingSettingsSchema.parse(row?.settings),
        tables.map(({ name }) => name),
      );
    } catch (error) {
      await observer.end({ timeout: 1 });
      await ground.stop();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#workers?.stop();
    await Promise.all([this.actors.end({ timeout: 1 }), this.observer.end({ timeout: 1 })]);
    await this.ground.stop();
  }

  /** Empties everything but what the migrations brought, then hires the staff. */
  async reset(): Promise<void> {
    this.people = 0;
    this.delivered.clear();
    await this.observer.begin(async (sql) => {
      // Past the triggers that forbid exactly this.
      await sql`set local session_replication_role = replica`;
      // Not truncated: every connection would have to plan everything anew.
      await sql.unsafe(this.#tables.map((name) => `delete from ${name}`).join(";"));
      const kept = await sql<{ name: string }[]>`
        select c.relname as name from pg_catalog.pg_class as c
        where c.relnamespace = 'simulator'::regnamespace and c.relkind = 'r'`;
      for (const { name } of kept) {
        await sql`insert into public.${sql(name)} select * from simulator.${sql(name)}`;
      }
    });
    for (const [id, role] of ADMINS) {
      const email = `${id.slice(-4)}@staff.test`;
      await newAuthUser(this.observer, { id, email });
      await newAdmin(this.observer, role, { authUserId: id, email });
    }
    await this.observer`
      insert into public.admin_settings (version, monthly_grants_per_admin, reason)
      select max(s.version) + 1, ${GRANTS_PER_ADMIN}, 'A limit that is reached'
      from public.admin_settings as s`;
    // Worlds lie in the past. Documents are kept until today, and what happened since is nothing to
    // look for: from then on no earlier month is due.
    await this.observer`
      insert into public.billing_settings
        (version, effective_on, brand_name, support_email, seller, retention_years, completion_months)
      select s.version + later.n, case later.n when 1 then s.effective_on else ${WORLDS_END} end,
        s.brand_name, s.support_email, s.seller, 30, case later.n when 1 then 12 else 0 end
      from public.billing_settings as s cross join generate_series(1, 2) as later (n)`;
    for (const { slug, price } of PACKAGES) {
      await newPackage(this.observer, { slug, name: `Fibre ${slug}`, priceCents: price });
    }
  }

  /** The account of an address, which is made if there is none. */
  async account(email: string): Promise<string> {
    const [row] = await this.actors<{ id: string }[]>`
      with made as (
        insert into auth.users (id, email, raw_app_meta_data, raw_user_meta_data)
        values (gen_random_uuid(), ${email}, '{"provider": "email"}', '{}')
        on conflict do nothing returning id
      )
      select id from made union all select u.id from auth.users as u where u.email = ${email}
      limit 1`;
    // Somebody else made it in the same instant.
    return row ? row.id : this.account(email);
  }

  /** A client without a session, for signing up or in; null where there is no data API. */
  visitor(): CallerClient | null {
    const { site } = this.ground;
    if (!site) return null;
    const { apiUrl, publishableKey } = site.stack;
    return clientOfCaller(apiUrl, publishableKey);
  }

  /** Turns every switch on that somebody left off. */
  async switchOn(at: Date): Promise<void> {
    await this.observer`
      select private.set_switch(name, true, 'The day is over', null, ${at})
      from unnest(array['rewards', 'mail']) as name where not private.switch_is_on(name)`;
  }

  /** Has PostgreSQL count the rows, so that it no longer plans for empty tables. */
  async analyse(): Promise<void> {
    await this.observer`analyze`;
  }

  /** Waits for as long as this many queries take, so that no clock decides. */
  async wait(looks: number): Promise<void> {
    for (let look = 0; look < looks; look += 1) await this.observer`select 1`;
  }

  /**
   * One statement on a connection of its own, which is cut from outside after so many looks at the
   * database: before the statement has begun, in the middle of it, or after its commit.
   */
  async doomed<T>(statement: (sql: Sql) => Promise<T>, looks: number): Promise<T> {
    // Thrown away afterwards: the driver does not always recover a connection that was cut.
    const sql = this.#connect(1, ACTOR);
    try {
      const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
      const cut = async () => {
        await this.wait(looks);
        await this.observer`select pg_terminate_backend(${row?.pid ?? 0})`;
      };
      const [outcome] = await Promise.allSettled([statement(sql), cut()]);
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value;
    } finally {
      await sql.end({ timeout: 0 });
    }
  }

  /** Cancels a statement in the middle of it. False when none ran at any of the looks. */
  async cancel(draws: Draws): Promise<boolean> {
    for (let look = 0; look < 12; look += 1) {
      const [row] = await this.observer<{ hit: boolean }[]>`
        select pg_cancel_backend(a.pid) as hit from pg_catalog.pg_stat_activity as a
        where a.application_name in (${ACTOR}, 'data-api') and a.state = 'active'
          and a.datname = current_database() and a.query not like '%pg_catalog.pg_type%'
        order by hashint4(a.pid + ${draws.whole(1000)}) limit 1`;
      if (row?.hit) return true;
    }
    return false;
  }

  /** Runs a job in a process of its own, which gets kill -9 so long after it was told to start. */
  killed(job: JobName, at: Date, afterMs: number): Promise<"killed" | "was faster"> {
    if (!this.#workers) throw new Error("there is no stack for a job to find");
    return this.#workers.kill(job, at, afterMs);
  }

  /** Has the next process ready in time. */
  prepareWorker(): void {
    this.#workers?.prepare();
  }

  /** Waits until nothing runs on behalf of a dead process or a connection that was cut. */
  async settled(): Promise<void> {
    for (;;) {
      const [row] = await this.observer<{ busy: number }[]>`
        select count(*)::integer as busy from pg_catalog.pg_stat_activity as a
        where a.application_name in (${ACTOR}, 'data-api') and a.datname = current_database()
          and a.state <> 'idle'`;
      if (row?.busy === 0) return;
    }
  }

  /** How often PostgreSQL had to end a circle of waiting transactions, ever. */
  async deadlocks(): Promise<number> {
    const [row] = await this.observer<{ n: number }[]>`
      select deadlocks::integer as n from pg_catalog.pg_stat_database
      where datname = current_database()`;
    return row?.n ?? 0;
  }

  /**
   * A mail provider: takes a mail, refuses it, is down or busy, or takes it and its answer gets
   * lost. It knows a repeated id. Two workers that hand over one mail at once are a defect.
   */
  async deliver(mail: OutgoingMail, draws: Draws): Promise<SendResult> {
    if (this.#handing.has(mail.key)) {
      throw new Error(`mail ${mail.key} is handed over twice at once`);
    }
    this.#handing.add(mail.key);
    try {
      // Long enough for another worker to come along.
      await this.observer`select 1`;
      const failure = { retryAfterSeconds: null, httpStatus: null } as const;
      switch (
        draws.weighted([
          ["taken", 70],
          ["lost", 8],
          ["down", 10],
          ["busy", 5],
          ["refused", 7],
        ])
      ) {
        case "taken":
          this.delivered.set(mail.key, mail.to);
          return { outcome: "sent", providerMessageId: `provider-${mail.key}`, httpStatus: 200 };
        case "lost":
          this.delivered.set(mail.key, mail.to);
          return { ...failure, outcome: "unknown", cause: "network", error: "no answer" };
        case "down":
          return { ...failure, outcome: "unknown", cause: "server", error: "500 down" };
        case "busy":
          return { ...failure, outcome: "slowed", error: "429 busy" };
        case "refused":
          return { ...failure, outcome: "mail_refused", error: "422 no such mailbox" };
      }
    } finally {
      this.#handing.delete(mail.key);
    }
  }
}
