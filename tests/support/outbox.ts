import pino from "pino";
import type { Sql } from "postgres";
import { systemClock } from "@/lib/clock";
import { NotificationService } from "@/lib/notifications/delivery";
import { type MailSender, type ResendOptions, resendSender } from "@/lib/notifications/senders";
import type { MailProvider } from "./mail-provider";
import type { OwnStack } from "./own-stack";

interface MailRow {
  id: string;
  recipient: string;
  status: string;
  attempts: number;
  created_at: Date;
  next_attempt_at: Date;
  first_attempt_at: Date | null;
  lease_until: Date | null;
  lease_token: string | null;
  provider_key: string | null;
  provider_message_id: string | null;
  may_have_arrived: boolean;
  failure_cause: string | null;
  cancel_cause: string | null;
  merged_into: string | null;
  subject: string | null;
  html: string | null;
  text_body: string | null;
  last_error: string | null;
  sent_at: Date | null;
}

export const ALERTS = "alerts@fibre.example";

/** The outbox of a stack of its own: queues, looks, and lets time pass. */
export class Outbox {
  private serial = 0;
  private readonly sql: Sql;
  constructor(
    private readonly own: Pick<OwnStack, "sql" | "client">,
    private readonly provider: MailProvider,
  ) {
    this.sql = own.sql;
  }

  /** Forgets all mails and outages, and sets the pace; null for none. */
  async reset(mailsPerSecond: number | null = null): Promise<void> {
    this.provider.reset();
    await this.sql`delete from public.notifications`;
    await this.sql`delete from public.mail_gate`;
    await this.sql`insert into public.mail_gate default values`;
    await this.setPace(mailsPerSecond);
  }

  async setPace(mailsPerSecond: number | null): Promise<void> {
    await this.sql`
      insert into public.mail_settings (version, mails_per_minute, quiet_from, quiet_until, reason)
      -- Without quiet hours: the tests run at night as well.
      select max(version) + 1, ${mailsPerSecond === null ? null : mailsPerSecond * 60}, 0, 0, 'Another pace'
      from public.mail_settings`;
  }

  /** Queues a mail the way the business functions do. Returns its id. */
  async queue(
    options: {
      recipient?: string;
      template?: string;
      payload?: Record<string, unknown>;
      asOf?: Date;
    } = {},
  ): Promise<string> {
    this.serial += 1;
    const key = `test:${this.serial}`;
    const {
      recipient = `person-${this.serial}@example.com`,
      template = "reward_earned",
      payload = { first_name: "Thandi", expires_at: "2027-11-20T08:00:00+00:00" },
      asOf = new Date(),
    } = options;
    await this.sql`
      select private.enqueue_mail(
        ${template}, ${recipient}, null, ${this.sql.json(payload as never)}, ${key}, ${asOf})`;
    const [row] = await this.sql<{ id: string }[]>`
      select id from public.notifications where dedupe_key = ${key}`;
    if (!row) throw new Error("the mail was not queued");
    return row.id;
  }

  /** Queues as many mails of the programme, each to another person. */
  async queueMany(count: number): Promise<string[]> {
    const first = this.serial + 1;
    this.serial += count;
    const rows = await this.sql<{ id: string }[]>`
      insert into public.notifications (template, recipient, payload, dedupe_key)
      select 'reward_earned', 'person-' || n || '@example.com',
        '{"first_name": "Thandi", "expires_at": "2027-11-20T08:00:00+00:00"}', 'test:' || n
      from generate_series(${first}::integer, ${this.serial}::integer) as n
      returning id`;
    return rows.map(({ id }) => id);
  }

  async read(id: string): Promise<MailRow> {
    const [row] = await this.sql<MailRow[]>`select * from public.notifications where id = ${id}`;
    if (!row) throw new Error("the mail is gone");
    return row;
  }

  /** How many mails are in each status. */
  async statuses(): Promise<Record<string, number>> {
    const rows = await this.sql<{ status: string; n: number }[]>`
      select status, count(*)::int as n from public.notifications group by status`;
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  }

  async gate(): Promise<Record<string, unknown>> {
    const [row] = await this.sql`select * from public.mail_gate`;
    return row ?? {};
  }

  /** Lets time pass for the outbox: all that it keeps by the clock of the database is older. */
  async pass(seconds: number): Promise<void> {
    const by = `${seconds} seconds`;
    this.provider.pass(seconds);
    await this.sql`
      update public.notifications
      set next_attempt_at = next_attempt_at - ${by}::interval,
        first_attempt_at = first_attempt_at - ${by}::interval,
        lease_until = lease_until - ${by}::interval, sent_at = sent_at - ${by}::interval`;
    await this.sql`
      update public.notification_tries
      set started_at = started_at - ${by}::interval, ended_at = ended_at - ${by}::interval`;
    await this.sql`
      update public.mail_gate
      set next_slot_at = next_slot_at - ${by}::interval, opened_at = opened_at - ${by}::interval,
        paused_until = paused_until - ${by}::interval,
        next_probe_at = next_probe_at - ${by}::interval`;
  }

  /** Seconds until a mail is due again, by the clock of the database. */
  async secondsUntilDue(id: string): Promise<number> {
    const [row] = await this.sql<{ seconds: number }[]>`
      select extract(epoch from next_attempt_at - clock_timestamp())::float as seconds
      from public.notifications where id = ${id}`;
    return row?.seconds ?? Number.NaN;
  }

  worker(sender: MailSender, clock = systemClock): NotificationService {
    return new NotificationService({
      client: this.own.client,
      clock,
      sender,
      settings: { siteUrl: "https://fibre.example", alertEmail: ALERTS },
      log: pino({ level: "silent" }),
    });
  }

  sender(changes: Partial<ResendOptions> = {}): MailSender {
    return resendSender({
      apiKey: "re_test",
      baseUrl: this.provider.url,
      from: "Acme Fibre <hello@acmefibre.example>",
      clock: systemClock,
      ...changes,
    });
  }

  sending(changes: Partial<ResendOptions> = {}): NotificationService {
    return this.worker(this.sender(changes));
  }
}

export const NOTHING = { sent: 0, captured: 0, retried: 0, failed: 0 };

export const problem = (
  status: number,
  name: string,
  message = "no",
  headers: Record<string, string> = {},
) => ({ status, body: { statusCode: status, name, message }, headers });
