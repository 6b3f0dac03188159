import { z } from "zod";
import { callerServices, teamInvitations } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { emailSchema, text } from "@/lib/identity/schemas";
import { roleSchema } from "@/lib/permissions";
import { createAuthClient } from "@/lib/supabase/clients";

const memberSchema = z.object({
  email: emailSchema,
  name: text("Enter a name.", 120),
  role: roleSchema,
});

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "admins:manage",
      action: "team.view",
      page: { limit: 100, max: 100 },
    },
    ({ session, page }) => callerServices(session.client).admin.team.getTeam(page),
  ),
  POST: route(
    {
      access: "admin",
      permission: "admins:manage",
      action: "team.add",
      entity: "team",
      body: memberSchema,
      personLimit: RATE_LIMITS.invitation,
    },
    async ({ session, server, address, body }) => {
      const invitations = teamInvitations(server(), session.client, createAuthClient(address));
      return ok(await invitations.invite(body), { status: 201 });
    },
  ),
});
