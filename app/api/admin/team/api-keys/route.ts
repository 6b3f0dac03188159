import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";
import { text } from "@/lib/identity/schemas";
import { API_SCOPES } from "@/lib/permissions";

const keySchema = z.object({
  name: text("Enter a name.", 80),
  scopes: z
    .array(z.enum(API_SCOPES))
    .min(1, "Choose what the key may do.")
    .max(API_SCOPES.length, "Choose each once."),
  /** Absent or null: valid until it is revoked. */
  expires_at: z.iso.datetime({ offset: true }).nullish(),
});

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "admins:manage",
      action: "api_key.view",
      page: { limit: 100, max: 100 },
    },
    ({ session, page }) => callerServices(session.client).admin.apiKeys.list(page),
  ),
  POST: route(
    {
      access: "admin",
      permission: "admins:manage",
      action: "api_key.create",
      entity: "api_key",
      body: keySchema,
    },
    async ({ session, body: { expires_at = null, ...key } }) => {
      const made = await callerServices(session.client).admin.apiKeys.create({
        ...key,
        expires_at,
      });
      return ok(made, { status: 201 });
    },
  ),
});
