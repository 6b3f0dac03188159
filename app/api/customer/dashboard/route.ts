import { referralServiceOf } from "@/lib/composition/referral-service-of";
import { endpoint, route } from "@/lib/http/handler";

/** What the referral widget shows, for its refreshes. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "user" }, async ({ session, clock }) => {
    const dashboard = await referralServiceOf(session.client, clock).getDashboard();
    return dashboard.widget;
  }),
});
