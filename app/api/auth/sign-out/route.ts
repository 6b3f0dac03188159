import { signInService } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { visitorAuth } from "@/lib/http/request-session";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route({ access: "public" }, async ({ server, address }) => {
    await signInService(server(), await visitorAuth(address)).signOut();
    return { signed_out: true };
  }),
});
