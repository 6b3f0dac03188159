import { Resend } from "resend";
import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { parseRetryAfter } from "./retry";

export interface OutgoingMail {
  /** Idempotency key; the provider takes at most one mail per key within 24 hours. */
  key: string;
  to: string;
  replyTo: string;
  /** Where one click ends such mails (RFC 8058). */
  unsubscribeUrl: string | null;
  subject: string;
  html: string;
  text: string;
}

/** Why the provider as a whole fails. `answer`: its answer cannot be understood. */
type OutageCause = "refused" | "limit" | "server" | "network" | "answer";

interface Failure {
  error: string;
  /** Null without an answer. */
  httpStatus: number | null;
}

/** A failure of the provider as a whole. `retryAfterSeconds` when it asked for a pause. */
interface Outage extends Failure {
  cause: OutageCause;
  retryAfterSeconds: number | null;
}

export type SendResult =
  | { outcome: "captured" }
  | { outcome: "sent"; providerMessageId: string; httpStatus: number }
  /** Refused for its address or content. Not delivered. */
  | ({ outcome: "mail_refused" } & Failure)
  /** Not delivered, through no fault of the mail. */
  | ({ outcome: "provider_failed" } & Outage)
  /** It may have been delivered. */
  | ({ outcome: "unknown" } & Outage)
  /** The provider asks to slow down. Not delivered. */
  | ({ outcome: "slowed"; retryAfterSeconds: number | null } & Failure)
  /** Another request with this key is under way. */
  | ({ outcome: "busy" } & Failure)
  /** The provider knows the key with another content, which was probably delivered. */
  | ({ outcome: "changed" } & Failure);

/** Hands one mail over. Reports every outcome as a value and never throws. */
export interface MailSender {
  /** Whether mails leave the house: then pace, pauses and outages of the provider count. */
  readonly toProvider: boolean;
  send(mail: OutgoingMail): Promise<SendResult>;
}

/** Keeps mails instead of sending them, for installations without a provider. */
export function captureSender(): MailSender {
  return { toProvider: false, send: async () => ({ outcome: "captured" }) };
}

export interface ResendOptions {
  apiKey: string;
  /** The provider's own address when undefined. */
  baseUrl?: string;
  /** `hello@example.com` or `Name <hello@example.com>`. */
  from: string;
  /** The real clock, for a `Retry-After` that is a date. */
  clock: Clock;
  /** How long one request may take, in milliseconds. */
  timeoutMs?: number;
}

const acceptedSchema = z.object({ id: z.string().min(1).max(200) });
const problemSchema = z.object({
  name: z.string().catch("unknown"),
  message: z.string().catch(""),
});

/** No connection came about, so nothing was handed over. */
const NO_CONNECTION = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

const causeSchema = z.object({ cause: z.object({ code: z.string() }) });

/** Nothing, or only the beginning of an answer, came back. */
class NoAnswer extends Error {
  override name = "NoAnswer";
  readonly connected: boolean;
  constructor(readonly failure: unknown) {
    const code = causeSchema.safeParse(failure).data?.cause.code;
    super(code ?? (failure instanceof Error ? failure.name : "no answer"));
    this.connected = code === undefined || !NO_CONNECTION.has(code);
  }
}

/** An answer other than success. */
class Problem extends Error {
  override name = "Problem";
  constructor(
    readonly status: number,
    readonly problem: z.infer<typeof problemSchema>,
    readonly retryAfter: string | null,
  ) {
    super(`${status} ${problem.name}: ${problem.message}`);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The provider's client. Its own transport hides whether a connection came about. */
class ReportingResend extends Resend {
  override async fetchRequest<T>(
    path: string,
    options: RequestInit = {},
  ): Promise<Awaited<ReturnType<typeof Resend.prototype.fetchRequest<T>>>> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.baseUrl}${path}`, options);
      text = await response.text();
    } catch (failure) {
      throw new NoAnswer(failure);
    }
    if (!response.ok) {
      const problem = problemSchema.safeParse(jsonOf(text)).data;
      throw new Problem(
        response.status,
        problem ?? { name: "unknown", message: response.statusText },
        response.headers.get("retry-after"),
      );
    }
    // A proxy in between can answer anything, so the caller validates it.
    const data = jsonOf(text) as T;
    return { data, error: null, headers: Object.fromEntries(response.headers.entries()) };
  }
}

/** The button of mail readers that ends such mails. */
const unsubscribeHeaders = (url: string) => ({
  "List-Unsubscribe": `<${url}>`,
  "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
});

/** Errors that lie in this one mail. */
const MAIL_REFUSED = new Set([400, 413, 422]);
const QUOTA = new Set(["daily_quota_exceeded", "monthly_quota_exceeded"]);

/** A wrong sender is refused with the status of a wrong recipient. */
const isAboutSender = ({ name, message }: Problem["problem"]): boolean =>
  name === "invalid_from_address" || /[`'"]from[`'"]/.test(message);

function interpret(
  { status, problem, retryAfter, message: error }: Problem,
  now: Date,
): SendResult {
  const failure = { error, httpStatus: status };
  const retryAfterSeconds = parseRetryAfter(retryAfter, now);
  const outage = (cause: OutageCause) => ({ ...failure, cause, retryAfterSeconds });
  if (status >= 500) return { outcome: "unknown", ...outage("server") };
  if (status === 408) return { outcome: "unknown", ...outage("network") };
  if (status === 429) {
    return QUOTA.has(problem.name)
      ? { outcome: "provider_failed", ...outage("limit") }
      : { outcome: "slowed", ...failure, retryAfterSeconds };
  }
  if (status === 409) {
    return problem.name === "invalid_idempotent_request"
      ? { outcome: "changed", ...failure }
      : { outcome: "busy", ...failure };
  }
  if (MAIL_REFUSED.has(status) && !isAboutSender(problem)) {
    return { outcome: "mail_refused", ...failure };
  }
  return { outcome: "provider_failed", ...outage("refused") };
}

/**
 * Sends through Resend, one request per mail. The provider's batches are not used: one key stands
 * for the whole batch, so a batch of unknown outcome could only be repeated with exactly the same
 * mails, an erased one among them, and one bad address refuses all of its neighbours.
 */
export function resendSender(options: ResendOptions): MailSender {
  const { apiKey, baseUrl, from, clock, timeoutMs = 10_000 } = options;
  const resend = new ReportingResend(apiKey, { baseUrl });

  return {
    toProvider: true,
    async send({ key, to, replyTo, unsubscribeUrl, subject, html, text }) {
      const nothing = { retryAfterSeconds: null, httpStatus: null };
      try {
        const { data } = await resend.emails.send(
          {
            ...{ from, to, replyTo, subject, html, text },
            ...(unsubscribeUrl === null ? {} : { headers: unsubscribeHeaders(unsubscribeUrl) }),
          },
          { idempotencyKey: key, signal: AbortSignal.timeout(timeoutMs) },
        );
        const accepted = acceptedSchema.safeParse(data);
        return accepted.success
          ? { outcome: "sent", providerMessageId: accepted.data.id, httpStatus: 200 }
          : {
              ...nothing,
              outcome: "unknown",
              cause: "answer",
              httpStatus: 200,
              error: "The provider's answer could not be understood.",
            };
      } catch (failure) {
        if (failure instanceof Problem) return interpret(failure, clock());
        const error = `No answer: ${failure instanceof Error ? failure.message : "unknown"}`;
        return failure instanceof NoAnswer && !failure.connected
          ? { outcome: "provider_failed", cause: "network", error, ...nothing }
          : { outcome: "unknown", cause: "network", error, ...nothing };
      }
    },
  };
}
