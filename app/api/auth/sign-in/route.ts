import { AccountService } from "@/lib/access/account-service";
import { signInSchema } from "@/lib/access/schemas";
import { endpoint, route } from "@/lib/http/handler";
import { enforceSignInLimits, RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    { access: "public", body: signInSchema, rateLimit: RATE_LIMITS.signIn },
    async ({ body, service, address }) => {
      await enforceSignInLimits(service(), body.email, address);
      const accounts = new AccountService({
        auth: await visitorAuth(address),
        service: service(),
      });
      const session = await accounts.signIn(body.email, body.password);
      const home = session.admin ? "/admin" : session.customer ? "/dashboard" : "/packages";
      return { home, customer: session.customer, admin: session.admin };
    },
  ),
});
