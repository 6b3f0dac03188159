import "server-only";
import { Webhook } from "standardwebhooks";
import { z } from "zod";
import { AppError } from "@/lib/errors";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { shortError } from "./outcome";

/** The headers with which the provider signs a report. */
export interface SignatureHeaders {
  id: string | null;
  timestamp: string | null;
  signature: string | null;
}

/**
 * Checks that a report was signed with the secret at most five minutes ago, or ahead of our clock.
 *
 * @throws AppError `unauthenticated`
 */
export function requireSignature(secret: string, body: string, headers: SignatureHeaders): void {
  try {
    new Webhook(secret).verify(
      body,
      {
        "webhook-id": headers.id ?? "",
        "webhook-timestamp": headers.timestamp ?? "",
        "webhook-signature": headers.signature ?? "",
      },
      { jsonParse: false },
    );
  } catch (cause) {
    throw new AppError("unauthenticated", { message: "A valid signature is needed.", cause });
  }
}

const event = z.object({ type: z.string(), created_at: z.iso.datetime({ offset: true }) });
const about = z.object({ email_id: z.string().min(1).max(200) });
const words = z.string().catch("").default("");

/** What is kept of a report: what happened to which mail, and what the recipient's server said. */
type Report = { kind: string; messageId: string; occurredAt: string; detail: string | null };

const SIMPLE: Readonly<Record<string, string>> = {
  "email.sent": "sent",
  "email.delivered": "delivered",
  "email.delivery_delayed": "delayed",
  "email.complained": "complained",
};

/** How a mail failed, and the sentence about it. */
const failures = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("email.bounced"),
    data: z.object({ bounce: z.object({ type: words, subType: words, message: words }) }),
  }),
  z.object({
    type: z.literal("email.failed"),
    data: z.object({ failed: z.object({ reason: words }) }),
  }),
  z.object({
    type: z.literal("email.suppressed"),
    data: z.object({ suppressed: z.object({ message: words }) }),
  }),
]);

function failureOf(report: z.output<typeof failures>): { kind: string; detail: string } {
  switch (report.type) {
    case "email.bounced": {
      const { type, message } = report.data.bounce;
      return { kind: type === "Permanent" ? "bounced" : "soft_bounced", detail: message };
    }
    case "email.failed":
      return { kind: "failed", detail: report.data.failed.reason };
    case "email.suppressed":
      return { kind: "bounced", detail: report.data.suppressed.message };
  }
}

/**
 * What a report says of a mail; null for reports that this product has no use for, such as opened
 * mails and changed contacts.
 *
 * @throws AppError `invalid_request`
 */
export function parseReport(body: string): Report | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new AppError("invalid_request", { message: "The report is not valid JSON.", cause });
  }
  const envelope = event.safeParse(value);
  if (!envelope.success) throw new AppError("invalid_request", { cause: envelope.error });
  const { type, created_at: occurredAt } = envelope.data;
  const failure = failures.safeParse(value);
  const { kind, detail } = failure.success
    ? failureOf(failure.data)
    : { kind: SIMPLE[type], detail: "" };
  if (kind === undefined) {
    const isFailure = failures.options.some((option) => option.shape.type.value === type);
    if (isFailure) throw new AppError("invalid_request", { cause: failure.error });
    return null;
  }
  const mail = z.object({ data: about }).safeParse(value);
  if (!mail.success) throw new AppError("invalid_request", { cause: mail.error });
  return {
    kind,
    messageId: shortError(mail.data.data.email_id),
    occurredAt,
    detail: shortError(detail) || null,
  };
}

const keptSchema = z.object({ is_new: z.boolean(), is_known: z.boolean().nullable() });

/**
 * Keeps a report once per id. `is_known` says whether it is about a mail of ours; null when the
 * report was there before.
 *
 * @throws AppError `unavailable` or `internal` when the database cannot be reached.
 */
export function recordReport(client: ServerClient, id: string, report: Report) {
  return callRpc(
    client,
    "record_mail_event",
    {
      p_id: id,
      p_kind: report.kind,
      p_provider_message_id: report.messageId,
      p_occurred_at: report.occurredAt,
      p_detail: report.detail ?? "",
    },
    keptSchema,
  );
}
