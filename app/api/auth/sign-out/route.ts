import { AccountService } from "@/lib/access/account-service";
import { endpoint, route } from "@/lib/http/handler";
import { cookieClient } from "@/lib/http/request-session";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route({ access: "public" }, async () => {
    await new AccountService({ client: await cookieClient() }).signOut();
    return { signed_out: true };
  }),
});
