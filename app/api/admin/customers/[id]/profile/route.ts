import { reasonSchema } from "@/lib/admin/reason";
import { callerServices } from "@/lib/composition/services";
import { idParams } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { profileInputSchema } from "@/lib/identity/profile";

/** What invoices name of a customer. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "profile.read",
      entity: "customer",
      params: idParams,
    },
    ({ session, params }) => callerServices(session.client).admin.customers.getProfile(params.id),
  ),
  PUT: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "profile.change",
      entity: "customer",
      params: idParams,
      body: profileInputSchema.extend({ reason: reasonSchema }),
    },
    ({ session, params, body: { reason, ...profile } }) =>
      callerServices(session.client).admin.customers.changeProfile(params.id, profile, reason),
  ),
});
