import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { instructionsInputSchema } from "@/lib/billing/payment-schemas";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** How customers are told to pay. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "payment_instructions.read",
    },
    ({ session }) => callerServices(session.client).payments.getInstructions(),
  ),
  PUT: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "payment_instructions.update",
      entity: "billing_settings",
      body: z.strictObject({
        payment_instructions: instructionsInputSchema,
        reason: reasonSchema,
        expected_version: z.number().int().min(1),
      }),
    },
    ({ session, body }) =>
      callerServices(session.client).payments.changeInstructions(
        body.payment_instructions,
        body.reason,
        body.expected_version,
      ),
  ),
});
