import { z } from "zod";
import { mailSettingsSchema } from "@/lib/admin/mail-settings";
import { reasonSchema } from "@/lib/admin/reason";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Settings that are left out stay as they are. */
const updateSchema = mailSettingsSchema
  .partial()
  .extend({ reason: reasonSchema, expected_version: z.number().int().min(1) });

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    { access: "admin", permission: "program:manage", action: "mail_settings.view" },
    ({ session }) => callerServices(session.client).admin.mailbox.getSettings(),
  ),
  PUT: route(
    {
      access: "admin",
      permission: "program:manage",
      action: "mail_settings.update",
      entity: "mail_settings",
      body: updateSchema,
    },
    ({ session, body }) => {
      const { reason, expected_version, ...settings } = body;
      const { mailbox } = callerServices(session.client).admin;
      return mailbox.updateSettings(settings, reason, expected_version);
    },
  ),
});
