import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { cookieClient } from "@/lib/http/request-session";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route({ access: "public" }, async () => {
    await callerServices(await cookieClient()).signIn.signOut();
    return { signed_out: true };
  }),
});
