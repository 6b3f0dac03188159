import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { DOCUMENT_NUMBER } from "@/lib/billing/invoice-document";
import { isPendingApproval } from "@/lib/billing/pending-approval";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";

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
      // Strict, because with a misspelt name of the amount the whole rest would be credited.
      body: z.strictObject({
        /** VAT included; without it, all that is left is credited. */
        amount_cents: z
          .number({ error: "Use a whole number of cents." })
          .int("Use a whole number of cents.")
          .min(1, "Credit at least one cent.")
          .optional(),
        reason: reasonSchema,
      }),
      idempotencyKey: "optional",
    },
    async ({ session, params, body, idempotencyKey }) => {
      const credit = { amountCents: body.amount_cents, reason: body.reason };
      const { creditNotes } = callerServices(session.client);
      const issued = await creditNotes.issue(params.number, credit, idempotencyKey);
      return ok(issued, { status: isPendingApproval(issued) ? 202 : 201 });
    },
  ),
});
