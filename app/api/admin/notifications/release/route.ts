import { z } from "zod";
import { reasonSchema } from "@/lib/admin/reason";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

const from = z.iso.date();

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "billing:manage_invoices",
      action: "notification.release",
      entity: "notification",
      body: z.discriminatedUnion("dry_run", [
        z.object({ from, dry_run: z.literal(true) }),
        z.object({ from, dry_run: z.literal(false), reason: reasonSchema }),
      ]),
    },
    async ({ session, body }) => {
      const released = await callerServices(session.client).admin.mailbox.releaseCaptured({
        from: body.from,
        dryRun: body.dry_run,
        reason: body.dry_run ? "" : body.reason,
      });
      if (!body.dry_run) deliverMailsAfterResponse();
      return released;
    },
  ),
});
