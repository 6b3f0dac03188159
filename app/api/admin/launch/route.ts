import { z } from "zod";
import { launchTargetsSchema } from "@/lib/admin/launch-schemas";
import { reasonSchema } from "@/lib/admin/reason";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

const planSchema = z.object({
  launched_on: z.iso.date("Use a date like 2026-12-24.").nullable(),
  targets: launchTargetsSchema,
  reason: reasonSchema,
  expected_version: z.number().int().min(1),
});

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    { access: "admin", permission: "customers:view", action: "launch.view" },
    ({ session }) => callerServices(session.client).admin.launch.getReport(),
  ),
  PUT: route(
    {
      access: "admin",
      permission: "program:manage",
      action: "launch.update",
      entity: "launch",
      body: planSchema,
    },
    ({ session, body }) =>
      callerServices(session.client).admin.launch.update({
        launchedOn: body.launched_on,
        targets: body.targets,
        reason: body.reason,
        expectedVersion: body.expected_version,
      }),
  ),
});
