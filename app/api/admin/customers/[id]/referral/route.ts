import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { attachmentService } from "@/lib/composition/attachment-service";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";
import { sharedCodeSchema } from "@/lib/referrals/schemas";

/** Attaches a code that the customer forgot when ordering. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "referral.attach",
      entity: "customer",
      params: idParams,
      body: z.object({
        referral_code: sharedCodeSchema("Enter the referrer's code."),
        reason: reasonSchema,
      }),
    },
    async ({ session, params, body, server, clock }) => {
      const attached = await attachmentService(server(), clock).attach(
        session.userId,
        params.id,
        body.referral_code,
        body.reason,
      );
      deliverMailsAfterResponse();
      return ok(attached, { status: 201 });
    },
  ),
});
