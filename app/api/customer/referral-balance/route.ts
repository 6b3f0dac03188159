import { referralServiceOf } from "@/lib/composition/referral-service-of";
import { endpoint, route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "user" }, ({ session, clock }) =>
    referralServiceOf(session.client, clock).getBalance(),
  ),
});
