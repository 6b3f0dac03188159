import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { sentences } from "@/lib/language/messages/en/sentences";

/** A customer confirms or declines that they invited somebody. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "user",
      params: idParams,
      body: z.object({ confirm: z.boolean({ error: sentences.sayTrueOrFalse }) }),
    },
    ({ session, params, body }) =>
      callerServices(session.client).claims.answer(params.id, body.confirm),
  ),
});
