import "server-only";
import { setTimeout as delay } from "node:timers/promises";
import type pino from "pino";
import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { billingSettingsSchema } from "@/lib/programme/billing-settings";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type ClaimedMail, claimSchema, frozenText, type WrittenMail } from "./claim";
import { failed, HALTING, judge, type Result } from "./outcome";
import { type MailContext, renderNotification } from "./render";
import { MAX_TRIES, retryDelaySeconds } from "./retry";
import type { MailSender } from "./senders";

const LEASE_SECONDS = 120;
/** Batches that one worker has in hand at the same time. */
const BATCHES_AT_ONCE = 4;
/** Mails of one batch that are handed over at the same time. */
const MAILS_AT_ONCE = 5;
/** Even when each takes its full ten seconds, a batch is done well within its lease. */
const LARGEST_BATCH = 30;
const DEFAULT_BUDGET_MS = 50_000;

interface Batch {
  leaseToken: string;
  /** When the mail at a place of the batch may be handed over, by `performance.now()`. */
  slotOf: (place: number) => number;
  mails: ClaimedMail[];
}

const settledSchema = z.object({
  settled: z.record(z.string(), z.enum(["sent", "captured", "queued", "failed"])),
  opened: z.boolean(),
  closed: z.boolean(),
});

export interface DeliveryCounts {
  sent: number;
  captured: number;
  /** Put back, to be tried again later. */
  retried: number;
  /** Given up; an admin can queue them again. */
  failed: number;
}

export interface DeliveryOptions {
  /** Mails per batch, at most 30. A slow pace makes batches smaller. */
  limit?: number;
  /** No further mail is handed over after this many milliseconds. */
  budgetMs?: number;
  maxBatches?: number;
}

export interface NotificationServiceDeps {
  client: ServerClient;
  /** Decides which mails that were never tried are due; all else follows the database's clock. */
  clock: Clock;
  sender: MailSender;
  settings: {
    /** Public address of the site, without a trailing slash. */
    siteUrl: string;
    /** Where the mail about an outage of the provider goes once it is over. */
    alertEmail: string;
  };
  log?: pino.Logger;
}

/** Whether a claim took all there was: what was left is not held back by the pace. */
const isDrained = (
  {
    wait_ms,
    interval_ms,
    mails,
  }: { wait_ms: number | null; interval_ms: number; mails: unknown[] },
  size: number,
): boolean =>
  wait_ms === null && (mails.length === 0 || (interval_ms === 0 && mails.length < size));

/** One call of `deliverDue`, shared by its batches. */
class Run {
  readonly counts: DeliveryCounts = { sent: 0, captured: 0, retried: 0, failed: 0 };
  /** Nothing new is taken in hand. */
  stopped = false;
  /** How often the provider failed or asked to slow down: what was claimed before that goes back. */
  halts = 0;
  /** The last claim got less than it could take: there is no work for further hands. */
  isDrained = false;
  private readonly deadline: number;
  private claims = Promise.resolve<unknown>(undefined);
  constructor(
    readonly context: MailContext,
    readonly size: number,
    budgetMs: number,
    private batchesLeft: number,
  ) {
    this.deadline = performance.now() + budgetMs;
  }

  get isOver(): boolean {
    return this.stopped || this.timeLeft <= 0;
  }

  get timeLeft(): number {
    return this.deadline - performance.now();
  }

  /** False when no further batch may be taken. */
  takeBatch(): boolean {
    if (this.isOver || this.batchesLeft <= 0) return false;
    this.batchesLeft -= 1;
    return true;
  }

  /** A claim that got no mails used up no batch. */
  returnBatch(): void {
    this.batchesLeft += 1;
  }

  /** One claim at a time: a worker that waits for its turn waits once, not once per batch. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.claims.then(work);
    this.claims = result.catch(() => {});
    return result;
  }
}

/** Delivers the mails of the outbox. Any number of workers may run at once. */
export class NotificationService {
  private readonly client: ServerClient;
  private readonly clock: Clock;
  private readonly sender: MailSender;
  private readonly settings: NotificationServiceDeps["settings"];
  private readonly log: pino.Logger;

  constructor(deps: NotificationServiceDeps) {
    this.client = deps.client;
    this.clock = deps.clock;
    this.sender = deps.sender;
    this.settings = deps.settings;
    this.log = deps.log ?? log();
  }

  /**
   * Hands over what is due until nothing is left or the budget is used up.
   *
   * A mail belongs to this worker for two minutes; when the worker dies it becomes due again and
   * is repeated under the same key, which the provider recognises. Only a fault of the mail itself
   * spends one of its tries. A failure of the provider as a whole ends the run: the database keeps
   * that for all workers, and lets one mail a minute ask whether the provider works again.
   *
   * @throws AppError `unavailable` or `internal` when the database cannot be reached. Mails that
   *   were claimed become due again by themselves.
   */
  async deliverDue(options: DeliveryOptions = {}): Promise<DeliveryCounts> {
    const {
      limit = 30,
      budgetMs = DEFAULT_BUDGET_MS,
      maxBatches = Number.POSITIVE_INFINITY,
    } = options;
    const size = Math.min(Math.max(Math.trunc(limit), 1), LARGEST_BATCH);
    const run = new Run(await this.readContext(), size, budgetMs, maxBatches);
    const work = async () => {
      let batch = await this.next(run, true);
      while (batch !== null) {
        await this.deliverBatch(batch, run);
        // The next mail of the same person waited for this one.
        batch = await this.next(run, false);
      }
    };
    const ended = await Promise.allSettled(
      Array.from({ length: BATCHES_AT_ONCE }, () =>
        work().catch((error: unknown) => {
          // Without the database no outcome can be kept: the others stop after what is in flight.
          run.stopped = true;
          throw error;
        }),
      ),
    );
    for (const end of ended) if (end.status === "rejected") throw end.reason;
    return run.counts;
  }

  private async readContext(): Promise<MailContext> {
    const settings = await callRpc(this.client, "get_billing_settings", {}, billingSettingsSchema);
    return {
      brandName: settings.brand_name,
      supportEmail: settings.support_email,
      siteUrl: this.settings.siteUrl,
      timeZone: settings.time_zone,
      currency: settings.currency,
      seller: settings.seller,
      choicesUrl: null,
    };
  }

  /**
   * The next mails to hand over, after the wait that the pace asks for; null when there are none.
   *
   * @param isFirst the first time that this hand asks.
   */
  private next(run: Run, isFirst: boolean): Promise<Batch | null> {
    return run.inTurn(async () => {
      if (isFirst && run.isDrained) return null;
      while (run.takeBatch()) {
        const claim = await this.claim(run.size);
        run.isDrained = isDrained(claim, run.size);
        run.counts.failed += claim.given_up;
        if (claim.wait_ms !== null && claim.state !== "open") {
          run.returnBatch();
          if (claim.wait_ms >= run.timeLeft) break;
          await delay(claim.wait_ms);
        } else if (claim.lease_token !== undefined && claim.mails.length > 0) {
          const first = performance.now() + claim.hold_ms;
          return {
            leaseToken: claim.lease_token,
            slotOf: (place) => first + place * claim.interval_ms,
            mails: claim.mails,
          };
        } else if (claim.state !== "claimed") {
          return null;
        }
      }
      return null;
    });
  }

  private async claim(limit: number) {
    const claim = await callRpc(
      this.client,
      "claim_notifications",
      {
        p_limit: limit,
        p_lease_seconds: LEASE_SECONDS,
        p_to_provider: this.sender.toProvider,
        p_max_tries: MAX_TRIES,
        p_as_of: this.clock().toISOString(),
      },
      claimSchema,
    );
    if (claim.given_up > 0) this.log.error({ mails: claim.given_up }, "mails given up");
    return claim;
  }

  private async deliverBatch(batch: Batch, run: Run): Promise<void> {
    const { ready, results } = await this.write(batch, run.context);
    const { halts } = run;
    let place = 0;
    const sendNext = async () => {
      for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
        const { mail, text } = next;
        const early = batch.slotOf(place++) - performance.now();
        if (early > 1) await delay(early);
        if (run.halts !== halts || run.isOver) {
          results.push({ mail, outcome: "released", details: {} });
          continue;
        }
        try {
          const result = await this.sender.send({ key: mail.key, to: mail.recipient, ...text });
          results.push(judge(mail, result));
          if (HALTING.has(result.outcome)) run.halts += 1;
        } catch (error) {
          // A sender reports its failures; whatever this is, its outcome is not known.
          run.halts += 1;
          throw error;
        }
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: MAILS_AT_ONCE }, sendNext));
    await this.settle(batch, results, run);
    for (const end of ended) if (end.status === "rejected") throw end.reason;
  }

  /**
   * Writes mails for the first time and keeps them, so that every later try sends the same bytes
   * under the same key, whatever brand and texts are then. A mail whose lease went to another
   * worker is left out: that one sends it.
   */
  private async write(
    { leaseToken, mails }: Batch,
    context: MailContext,
  ): Promise<{ ready: { mail: ClaimedMail; text: WrittenMail }[]; results: Result[] }> {
    const ready: { mail: ClaimedMail; text: WrittenMail }[] = [];
    const fresh: typeof ready = [];
    const results: Result[] = [];
    for (const mail of mails) {
      const frozen = frozenText(mail);
      if (frozen) {
        ready.push({ mail, text: frozen });
        continue;
      }
      try {
        const token = mail.choice_token;
        const at = (path: string) => (token === null ? null : `${context.siteUrl}${path}${token}`);
        const rendered = await renderNotification(mail.template, mail.payload, {
          ...context,
          choicesUrl: at("/mail-preferences?token="),
        });
        const unsubscribeUrl = mail.is_optional ? at("/api/mail/unsubscribe?token=") : null;
        fresh.push({ mail, text: { ...rendered, replyTo: context.supportEmail, unsubscribeUrl } });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        results.push(failed(mail, "unwritten", `The mail could not be written: ${reason}`));
      }
    }
    if (fresh.length > 0) {
      const args = {
        p_lease_token: leaseToken,
        p_mails: fresh.map(({ mail, text: { replyTo, unsubscribeUrl, ...text } }) => ({
          id: mail.id,
          reply_to: replyTo,
          unsubscribe_url: unsubscribeUrl,
          ...text,
        })),
      };
      const kept = await repeatedOnce(() =>
        callRpc(this.client, "freeze_notifications", args, z.array(z.uuid())),
      );
      ready.push(...fresh.filter(({ mail }) => kept.includes(mail.id)));
    }
    return { ready, results };
  }

  /** Keeps the outcomes. A mail whose lease ran out belongs to another worker by now. */
  private async settle({ leaseToken }: Batch, results: Result[], run: Run): Promise<void> {
    if (results.length === 0) return;
    const args = {
      p_lease_token: leaseToken,
      p_results: results.map(({ mail, outcome, details }) => ({
        id: mail.id,
        outcome,
        retry_in_seconds: Math.ceil(retryDelaySeconds(mail.attempts, Math.random())),
        ...details,
      })),
      p_alert_email: this.settings.alertEmail,
      p_max_tries: MAX_TRIES,
    };
    const { settled, opened, closed } = await repeatedOnce(() =>
      callRpc(this.client, "settle_notifications", args, settledSchema),
    );
    for (const { mail, outcome, details } of results) {
      const status = settled[mail.id];
      const about = { notification: mail.id, template: mail.template };
      if (status === undefined) this.log.warn(about, "lease lost before the mail settled");
      else if (status === "sent" || status === "captured") run.counts[status] += 1;
      else if (status === "failed") {
        run.counts.failed += 1;
        this.log.error(about, "mail failed");
      } else if (outcome !== "released") {
        run.counts.retried += 1;
        this.log.warn({ ...about, outcome, error: details.error ?? null }, "mail put back");
      }
    }
    if (opened) {
      const fault = results.find(({ outcome }) => HALTING.has(outcome));
      const { cause = null, error = null } = fault?.details ?? {};
      this.log.error(
        { cause, error },
        "the mail provider fails: mails wait, one a minute probes it",
      );
    }
    if (closed) this.log.info("the mail provider works again");
  }
}

/**
 * Repeats a call that may be carried out twice: the connection may have been closed while mails
 * were written or handed over.
 */
const repeatedOnce = <T>(call: () => Promise<T>): Promise<T> =>
  call().catch((error: unknown) => {
    if (error instanceof AppError && error.code === "unavailable") return call();
    throw error;
  });
