import { z } from "zod";
import { failureCauseSchema } from "@/lib/admin/mailbox-schemas";
import { reasonSchema } from "@/lib/admin/reason";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "notification.resend",
      entity: "notification",
      body: z.discriminatedUnion("dry_run", [
        z.object({ cause: failureCauseSchema, dry_run: z.literal(true) }),
        z.object({ cause: failureCauseSchema, dry_run: z.literal(false), reason: reasonSchema }),
      ]),
    },
    async ({ session, body }) => {
      const resent = await callerServices(session.client).admin.mailbox.resendFailed({
        cause: body.cause,
        dryRun: body.dry_run,
        reason: body.dry_run ? "" : body.reason,
      });
      if (!body.dry_run) deliverMailsAfterResponse();
      return resent;
    },
  ),
});
