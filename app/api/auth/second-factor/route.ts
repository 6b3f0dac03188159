import { z } from "zod";
import { secondFactorService } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";
import { text } from "@/lib/identity/schemas";
import { sentences } from "@/lib/language/messages/en/sentences";

/** The authenticator apps of the signed-in person, and the beginning of another one. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "browser" }, async ({ server, address }) => {
    const factors = await secondFactorService(server(), await visitorAuth(address)).list();
    return { factors };
  }),
  POST: route(
    {
      access: "browser",
      body: z.object({ name: text(sentences.enterName, 40) }),
      personLimit: RATE_LIMITS.proof,
    },
    async ({ server, address, body }) =>
      secondFactorService(server(), await visitorAuth(address)).enroll(body.name),
  ),
});
