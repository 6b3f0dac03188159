import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** What the referral widget shows, for its refreshes. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "user" }, async ({ session, clock }) => {
    const dashboard = await callerServices(session.client, clock).account.getDashboard();
    return dashboard.widget;
  }),
});
