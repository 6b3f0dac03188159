import { z } from "zod";
import { serverServices } from "@/lib/composition/services";
import { fraudChangesSchema } from "@/lib/fraud/fraud-settings";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** What the proposed settings would have decided in the last 90 days. Changes nothing. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "admin",
      permission: "program:manage",
      action: "fraud_settings.backtest",
      body: z.object({ settings: fraudChangesSchema }),
    },
    ({ session, body, server, clock }) =>
      serverServices(server(), clock).fraudSettings.backtest(session.userId, body.settings),
  ),
});
