import "server-only";
import type pino from "pino";
import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { billingSettingsSchema } from "@/lib/programme/billing-settings";
import type { ServerClient } from "@/lib/supabase/clients";
import type { Json } from "@/lib/supabase/database.types";
import { callRpc } from "@/lib/supabase/rpc";
import { type MailContext, type RenderedMail, renderNotification } from "./render";
import { exhaustedReason, planRetry } from "./retry";
import type { MailSender, SendResult } from "./senders";

const LEASE_SECONDS = 120;
/** Mails handed over at the same time. */
const PARALLEL = 4;
/** Even when each takes its full ten seconds, a batch is done well within its lease. */
const LARGEST_BATCH = 30;
const LONGEST_ERROR = 500;

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const claimedSchema = z.array(
  z.object({
    id: z.uuid(),
    template: z.string(),
    recipient: z.string(),
    payload: z.record(z.string(), z.unknown()),
    attempts: z.number().int().min(1),
    first_attempt_at: instant,
    lease_token: z.uuid(),
    /** As written for the first attempt; null before it. */
    subject: z.string().nullable(),
    html: z.string().nullable(),
    text: z.string().nullable(),
    reply_to: z.string().nullable(),
  }),
);
type ClaimedMail = z.infer<typeof claimedSchema>[number];

type WrittenMail = RenderedMail & { replyTo: string };

/** The mail as an earlier attempt wrote it. */
function frozenText({ subject, html, text, reply_to }: ClaimedMail): WrittenMail | null {
  if (subject === null || html === null || text === null || reply_to === null) return null;
  return { subject, html, text, replyTo: reply_to };
}

type Outcome = "sent" | "captured" | "retry" | "failed";

interface Verdict {
  outcome: Outcome;
  details: Record<string, Json>;
  /** The provider asked to slow down. */
  throttled: boolean;
}

export interface DeliveryCounts {
  sent: number;
  captured: number;
  /** Put back, to be tried again later. */
  retried: number;
  /** Given up; an admin can queue them again. */
  failed: number;
}

export interface DeliveryOptions {
  /** Mails per batch, at most 30. */
  limit?: number;
  maxBatches?: number;
}

export interface NotificationServiceDeps {
  client: ServerClient;
  clock: Clock;
  sender: MailSender;
  settings: {
    /** Public address of the site, without a trailing slash. */
    siteUrl: string;
  };
  log?: pino.Logger;
}

/** Delivers the mails of the outbox. Any number of workers may run at once. */
export class NotificationService {
  private readonly client: ServerClient;
  private readonly clock: Clock;
  private readonly sender: MailSender;
  private readonly siteUrl: string;
  private readonly log: pino.Logger;

  constructor(deps: NotificationServiceDeps) {
    this.client = deps.client;
    this.clock = deps.clock;
    this.sender = deps.sender;
    this.siteUrl = deps.settings.siteUrl;
    this.log = deps.log ?? log();
  }

  /**
   * Hands over what is due, batch by batch, until nothing is left or `maxBatches` is reached.
   *
   * A mail belongs to this worker for two minutes; when the worker dies it becomes due again and
   * is repeated under the same id, which the provider recognises. Transient failures are repeated
   * with growing pauses, at most 8 times and within 23 hours; then the mail is given up.
   *
   * The run ends early when the provider asks to slow down, or when a whole batch had to be put
   * back: an outage must not use up the tries of all mails that wait.
   *
   * @throws AppError `unavailable` or `internal` when the database cannot be reached. Mails that
   *   were claimed become due again by themselves.
   */
  async deliverDue({ limit = 20, maxBatches = 50 }: DeliveryOptions = {}): Promise<DeliveryCounts> {
    const counts: DeliveryCounts = { sent: 0, captured: 0, retried: 0, failed: 0 };
    const context = await this.readContext();
    const size = Math.min(Math.max(Math.trunc(limit), 1), LARGEST_BATCH);
    for (let batch = 0; batch < maxBatches; batch += 1) {
      const mails = await this.claim(size);
      if (mails.length === 0) break;
      const verdicts = await this.deliverBatch(mails, context);
      for (const { outcome } of verdicts) {
        counts[outcome === "retry" ? "retried" : outcome] += 1;
      }
      if (verdicts.some((verdict) => verdict.throttled)) break;
      if (verdicts.every((verdict) => verdict.outcome === "retry")) break;
    }
    return counts;
  }

  private async readContext(): Promise<MailContext> {
    const settings = await callRpc(this.client, "get_billing_settings", {}, billingSettingsSchema);
    return {
      brandName: settings.brand_name,
      supportEmail: settings.support_email,
      siteUrl: this.siteUrl,
      timeZone: settings.time_zone,
      currency: settings.currency,
    };
  }

  private claim(limit: number): Promise<ClaimedMail[]> {
    return callRpc(
      this.client,
      "claim_notifications",
      { p_limit: limit, p_lease_seconds: LEASE_SECONDS, p_as_of: this.clock().toISOString() },
      claimedSchema,
    );
  }

  /** The verdicts that were accepted; a mail whose lease went to another worker has none. */
  private async deliverBatch(mails: ClaimedMail[], context: MailContext): Promise<Verdict[]> {
    const waiting = [...mails];
    const verdicts: Verdict[] = [];
    const worker = async () => {
      for (let mail = waiting.shift(); mail !== undefined; mail = waiting.shift()) {
        const verdict = await this.attempt(mail, context);
        if (verdict && (await this.settle(mail, verdict))) verdicts.push(verdict);
      }
    };
    const workers = Array.from({ length: PARALLEL }, () =>
      worker().catch((error: unknown) => {
        // Without the database no outcome can be kept: the others stop after what is in flight.
        waiting.length = 0;
        throw error;
      }),
    );
    const ended = await Promise.allSettled(workers);
    for (const end of ended) if (end.status === "rejected") throw end.reason;
    return verdicts;
  }

  private async attempt(mail: ClaimedMail, context: MailContext): Promise<Verdict | null> {
    const exhausted = exhaustedReason(mail.attempts, mail.first_attempt_at, this.clock());
    if (exhausted !== null) return failed(exhausted);
    let mailText: WrittenMail | null;
    try {
      mailText = frozenText(mail) ?? (await this.write(mail, context));
    } catch (error) {
      if (error instanceof AppError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      return failed(`The mail could not be written: ${reason}`);
    }
    // The lease went to another worker, which sends the mail.
    if (mailText === null) return null;
    const result = await this.sender.send({ id: mail.id, to: mail.recipient, ...mailText });
    return this.judge(mail, result);
  }

  /**
   * Writes a mail for the first time and keeps it, so that every later attempt sends the same
   * bytes under the same key, whatever brand and texts are then. Null without the lease.
   */
  private async write(mail: ClaimedMail, context: MailContext): Promise<WrittenMail | null> {
    const rendered = await renderNotification(mail.template, mail.payload, context);
    const kept = await callRpc(
      this.client,
      "freeze_notification",
      {
        p_id: mail.id,
        p_lease_token: mail.lease_token,
        p_subject: rendered.subject,
        p_html: rendered.html,
        p_text: rendered.text,
        p_reply_to: context.supportEmail,
      },
      z.boolean(),
    );
    return kept ? { ...rendered, replyTo: context.supportEmail } : null;
  }

  private judge(mail: ClaimedMail, result: SendResult): Verdict {
    switch (result.outcome) {
      case "captured":
        return { outcome: "captured", details: {}, throttled: false };
      case "sent": {
        const details = { provider_message_id: result.providerMessageId };
        return { outcome: "sent", details, throttled: false };
      }
      case "refused":
        return failed(result.error);
      case "retry": {
        const { throttled } = result;
        const plan = planRetry(
          mail.attempts,
          mail.first_attempt_at,
          this.clock(),
          result.retryAfterSeconds,
          Math.random(),
        );
        if ("giveUp" in plan) {
          return { ...failed(`${plan.giveUp} Last: ${result.error}`), throttled };
        }
        const details = {
          error: shortError(result.error),
          next_attempt_at: plan.at.toISOString(),
        };
        return { outcome: "retry", details, throttled };
      }
    }
  }

  /** False when the lease ran out and the mail belongs to another worker by now. */
  private async settle(mail: ClaimedMail, { outcome, details }: Verdict): Promise<boolean> {
    const accepted = await callRpc(
      this.client,
      "settle_notification",
      {
        p_id: mail.id,
        p_lease_token: mail.lease_token,
        p_outcome: outcome,
        p_details: details,
        p_as_of: this.clock().toISOString(),
      },
      z.boolean(),
    );
    const { id: notification, template, attempts } = mail;
    if (!accepted) this.log.warn({ notification, template }, "lease lost before the mail settled");
    else if (outcome === "failed")
      this.log.error({ notification, template, attempts }, "mail failed");
    else if (outcome === "retry")
      this.log.warn({ notification, template, attempts }, "mail retried");
    return accepted;
  }
}

const shortError = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, LONGEST_ERROR)
    .toWellFormed();

const failed = (reason: string): Verdict => ({
  outcome: "failed",
  details: { error: shortError(reason) },
  throttled: false,
});
