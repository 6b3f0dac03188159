import { z } from "zod";
import { AccountService } from "@/lib/access/account-service";
import { AppError } from "@/lib/errors";
import { endpoint, route } from "@/lib/http/handler";
import { passwordSchema } from "@/lib/orders/schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    { access: "user", body: z.object({ password: passwordSchema }) },
    async ({ request, body, session }) => {
      // A token alone cannot change a password: the auth server wants the session behind it.
      if (request.headers.has("authorization")) {
        throw new AppError("unauthenticated", {
          message: "A password can only be changed in the browser. Please sign in there.",
        });
      }
      await new AccountService({ client: session.client }).changePassword(body.password);
      return { changed: true };
    },
  ),
});
