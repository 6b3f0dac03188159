import { z } from "zod";
import { AccountService } from "@/lib/access/account-service";
import { endpoint, route } from "@/lib/http/handler";
import { passwordSchema } from "@/lib/orders/schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    { access: "user", body: z.object({ password: passwordSchema }) },
    async ({ body, session }) => {
      await new AccountService({ client: session.client }).changePassword(body.password);
      return { changed: true };
    },
  ),
});
