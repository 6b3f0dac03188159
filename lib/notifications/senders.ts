import { Resend } from "resend";
import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { parseRetryAfter } from "./retry";

export interface OutgoingMail {
  /** Id of the outbox row; the provider takes at most one mail per id. */
  id: string;
  to: string;
  replyTo: string;
  subject: string;
  html: string;
  text: string;
}

export type SendResult =
  | { outcome: "captured" }
  | { outcome: "sent"; providerMessageId: string }
  /** May succeed later. `retryAfterSeconds` when the provider asked for a pause. */
  | { outcome: "retry"; error: string; retryAfterSeconds: number | null; throttled: boolean }
  /** Cannot succeed; repeating it is useless. */
  | { outcome: "refused"; error: string };

/** Hands one mail over. Reports every outcome as a value and never throws. */
export interface MailSender {
  send(mail: OutgoingMail): Promise<SendResult>;
}

/** Keeps mails instead of sending them, for installations without a provider. */
export function captureSender(): MailSender {
  return { send: async () => ({ outcome: "captured" }) };
}

export interface ResendOptions {
  apiKey: string;
  /** The provider's own address when undefined. */
  baseUrl?: string;
  /** `hello@example.com` or `Name <hello@example.com>`. */
  from: string;
  clock: Clock;
  /** How long one request may take, in milliseconds. */
  timeoutMs?: number;
  /** The provider's own limit is 5 for a whole team. */
  requestsPerSecond?: number;
}

const acceptedSchema = z.object({ id: z.string().min(1).max(200) });
const problemSchema = z.object({
  statusCode: z.number().nullish(),
  name: z.string().catch("unknown"),
  message: z.string().catch(""),
});

/** Errors that lie in this one mail. Others pass: a wrong key or sender gets corrected. */
const REFUSED_STATUS = new Set([400, 413, 422]);
const CONFIGURATION = new Set(["invalid_from_address"]);

/** Lets one caller through per interval, in the order in which they came. */
function pacer(requestsPerSecond: number): () => Promise<void> {
  const interval = 1000 / requestsPerSecond;
  let next = 0;
  return () => {
    const now = performance.now();
    const wait = Math.max(0, next - now);
    next = now + wait + interval;
    return wait === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, wait));
  };
}

/**
 * Sends through Resend. The row's id is the idempotency key, so a repetition within 24 hours is
 * recognised by the provider even when its first answer was lost.
 */
export function resendSender(options: ResendOptions): MailSender {
  const { apiKey, baseUrl, from, clock, timeoutMs = 10_000, requestsPerSecond = 4 } = options;
  const resend = new Resend(apiKey, { baseUrl });
  const turn = pacer(requestsPerSecond);

  const interpret = (
    problem: z.infer<typeof problemSchema>,
    headers: Record<string, string> | null,
  ): SendResult => {
    const status = problem.statusCode ?? null;
    const error = `${status ?? "no status"} ${problem.name}: ${problem.message}`;
    if (status === 409 && problem.name === "invalid_idempotent_request") {
      // An earlier try reached the provider with other words; the person probably has that mail.
      return { outcome: "refused", error: `${error} (an earlier try was probably delivered)` };
    }
    if (status !== null && REFUSED_STATUS.has(status) && !CONFIGURATION.has(problem.name)) {
      return { outcome: "refused", error };
    }
    return {
      outcome: "retry",
      error,
      retryAfterSeconds: parseRetryAfter(headers?.["retry-after"], clock()),
      throttled: status === 429,
    };
  };

  return {
    async send({ id, to, replyTo, subject, html, text }) {
      await turn();
      const answer = await resend.emails.send(
        { from, to, replyTo, subject, html, text },
        { idempotencyKey: id, signal: AbortSignal.timeout(timeoutMs) },
      );
      // A proxy in between can answer anything, so data and error are both validated.
      const accepted = acceptedSchema.safeParse(answer.data);
      if (accepted.success) return { outcome: "sent", providerMessageId: accepted.data.id };
      const problem = problemSchema.safeParse(answer.error);
      if (problem.success) return interpret(problem.data, answer.headers);
      return {
        outcome: "retry",
        error: "The provider's answer could not be understood.",
        retryAfterSeconds: null,
        throttled: false,
      };
    },
  };
}
