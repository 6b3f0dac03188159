import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { sentences } from "@/lib/language/messages/en/sentences";

const MARK = sentences.chooseMark;

/** A customer says how satisfied they are with a free month that was used. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "user",
      body: z.object({
        invoice_number: z.string().min(1).max(60),
        score: z.number(MARK).int(MARK).min(1, MARK).max(5, MARK),
      }),
      personLimit: RATE_LIMITS.claim,
    },
    ({ session, body }) =>
      callerServices(session.client).survey.answer(body.invoice_number, body.score),
  ),
});
