import { z } from "zod";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { parseReport, recordReport, requireSignature } from "@/lib/notifications/report-service";

/** A report of one mail has two kilobytes. */
const MAX_BYTES = 64 * 1024;

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "webhook",
      body: z.string(),
      textBody: { type: "application/json", maxBytes: MAX_BYTES },
    },
    async ({ request, body, server }) => {
      const secret = getEnv().RESEND_WEBHOOK_SECRET;
      const id = request.headers.get("svix-id");
      if (!secret || !id || id.length > 200) throw new AppError("unauthenticated");
      requireSignature(secret, body, {
        id,
        timestamp: request.headers.get("svix-timestamp"),
        signature: request.headers.get("svix-signature"),
      });
      const report = parseReport(body);
      if (report === null) return { is_new: false, is_known: null };
      return recordReport(server(), id, report);
    },
  ),
});
