import { externalReferrals } from "@/lib/composition/services";
import { judgeAfterResponse } from "@/lib/composition/verdicts";
import { endpoint } from "@/lib/http/endpoint";
import { ok } from "@/lib/http/envelope";
import { route } from "@/lib/http/handler";
import { externalReferralSchema } from "@/lib/orders/external-referral-schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    { access: "key", scope: "referrals:write", body: externalReferralSchema },
    async ({ caller, body, server, clock }) => {
      const { isNew, answer } = await externalReferrals(server(), clock).record(caller, body);
      if (isNew && answer.status === "recorded") judgeAfterResponse();
      return ok(answer, { status: isNew ? 201 : 200 });
    },
  ),
});
