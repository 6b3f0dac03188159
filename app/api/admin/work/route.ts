import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** How much waits in the lists of the menu. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    { access: "admin", permission: "customers:view", action: "work.count" },
    ({ session }) => callerServices(session.client).admin.lists.countWork(),
  ),
});
