import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { profileInputSchema } from "@/lib/identity/profile";

/** What invoices name of the customer. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "user" }, ({ session }) => callerServices(session.client).profile.get()),
  PUT: route({ access: "user", body: profileInputSchema }, ({ session, body }) =>
    callerServices(session.client).profile.change(body),
  ),
});
