import { endpoint, route } from "@/lib/http/handler";
import { referralServiceOf } from "@/lib/http/referral-service-of";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "user" }, ({ session, clock }) =>
    referralServiceOf(session.client, clock).getBalance(),
  ),
});
