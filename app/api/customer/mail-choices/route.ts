import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { mailChoicesSchema } from "@/lib/notifications/choice-service";

/** Which mails the customer wants. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "user" }, ({ session }) => callerServices(session.client).mailChoices.get()),
  PUT: route({ access: "user", body: mailChoicesSchema }, ({ session, body }) =>
    callerServices(session.client).mailChoices.choose(body),
  ),
});
