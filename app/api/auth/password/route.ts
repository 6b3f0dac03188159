import { z } from "zod";
import { AccountService, refuseTokenAlone } from "@/lib/access/account-service";
import { endpoint, route } from "@/lib/http/handler";
import { visitorAuth } from "@/lib/http/request-session";
import { passwordSchema } from "@/lib/orders/schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    { access: "user", body: z.object({ password: passwordSchema }) },
    async ({ request, body, address, service }) => {
      refuseTokenAlone(request.headers.get("authorization"));
      const auth = await visitorAuth(address);
      await new AccountService({ auth, service: service() }).changePassword(body.password);
      return { changed: true };
    },
  ),
});
