import { z } from "zod";
import { signInService } from "@/lib/composition/services";
import { AppError } from "@/lib/errors";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { visitorAuth } from "@/lib/http/request-session";
import { passwordSchema } from "@/lib/identity/schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    { access: "user", body: z.object({ password: passwordSchema }) },
    async ({ request, body, server, address }) => {
      // A token alone cannot change a password: the auth server wants the session behind it.
      if (request.headers.has("authorization")) {
        throw new AppError("unauthenticated", {
          message: "A password can only be changed in the browser. Please sign in there.",
        });
      }
      await signInService(server(), await visitorAuth(address)).changePassword(body.password);
      return { changed: true };
    },
  ),
});
