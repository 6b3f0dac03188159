import { z } from "zod";
import { DOCUMENT_NUMBER } from "@/lib/billing/invoice-document";
import { paymentInputSchema } from "@/lib/billing/payment-schemas";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "payment.record",
      entity: "invoice",
      params: z.object({
        number: z.string().regex(DOCUMENT_NUMBER, "This is not an invoice number."),
      }),
      body: paymentInputSchema,
      idempotencyKey: "optional",
    },
    async ({ session, params, body, idempotencyKey }) => {
      const { payments } = callerServices(session.client);
      return ok(await payments.record(params.number, body, idempotencyKey), { status: 201 });
    },
  ),
});
