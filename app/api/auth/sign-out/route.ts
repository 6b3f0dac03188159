import { AccountService } from "@/lib/access/account-service";
import { endpoint, route } from "@/lib/http/handler";
import { visitorAuth } from "@/lib/http/request-session";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route({ access: "public" }, async ({ address, service }) => {
    const auth = await visitorAuth(address);
    await new AccountService({ auth, service: service() }).signOut();
    return { signed_out: true };
  }),
});
