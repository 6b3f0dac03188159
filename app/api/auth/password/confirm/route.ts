import { signInSchema } from "@/lib/access/schemas";
import { signInService } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";
import { createAuthClient } from "@/lib/supabase/clients";

/** The password once more: dangerous acts are possible in this session for ten minutes. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "browser",
      body: signInSchema.pick({ password: true }),
      personLimit: RATE_LIMITS.proof,
    },
    async ({ body, server, address }) => {
      const auth = await visitorAuth(address);
      await signInService(server(), auth, createAuthClient(address)).confirmPassword(body.password);
      return { confirmed: true };
    },
  ),
});
