import { z } from "zod";
import { reasonSchema } from "@/lib/admin/schemas";
import { CreditNoteService } from "@/lib/billing/credit-note-service";
import { DOCUMENT_NUMBER } from "@/lib/billing/invoice-document";
import { ok } from "@/lib/http/envelope";
import { endpoint, route } from "@/lib/http/handler";
import { parseInput } from "@/lib/http/input";
import { idempotencyKeySchema } from "@/lib/orders/schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "credit_note.issue",
      entity: "invoice",
      params: z.object({
        number: z.string().regex(DOCUMENT_NUMBER, "This is not an invoice number."),
      }),
      // Strict: a misspelt amount must not credit all that is left.
      body: z.strictObject({
        /** VAT included; all that is left when there is none. */
        amount_cents: z
          .number({ error: "Use a whole number of cents." })
          .int("Use a whole number of cents.")
          .min(1, "Credit at least one cent.")
          .optional(),
        reason: reasonSchema,
      }),
    },
    async ({ request, session, params, body }) => {
      const { key } = parseInput(z.object({ key: idempotencyKeySchema.optional() }), {
        key: request.headers.get("idempotency-key") ?? undefined,
      });
      const issued = await new CreditNoteService({ client: session.client }).issue(
        params.number,
        { amountCents: body.amount_cents, reason: body.reason },
        key,
      );
      return ok(issued, { status: 201 });
    },
  ),
});
