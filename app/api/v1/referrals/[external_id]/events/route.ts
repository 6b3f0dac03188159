import { z } from "zod";
import { externalReferrals } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { externalEventSchema, externalIdSchema } from "@/lib/orders/external-referral-schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "key",
      scope: "referrals:write",
      params: z.object({ external_id: externalIdSchema }),
      body: externalEventSchema,
    },
    ({ caller, params, body, server, clock }) =>
      externalReferrals(server(), clock).report(caller, params.external_id, body),
  ),
});
