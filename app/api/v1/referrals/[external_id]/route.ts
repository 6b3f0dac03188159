import { z } from "zod";
import { externalReferrals } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { externalIdSchema } from "@/lib/orders/external-referral-schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "key",
      scope: "referrals:read",
      params: z.object({ external_id: externalIdSchema }),
    },
    ({ caller, params, server, clock }) =>
      externalReferrals(server(), clock).standing(caller, params.external_id),
  ),
});
