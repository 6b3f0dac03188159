import { endpoint, route } from "@/lib/http/handler";
import { referralServiceOf } from "@/lib/http/referral-service-of";

/** What the referral widget shows, for its refreshes. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "user" }, async ({ session, clock }) => {
    const dashboard = await referralServiceOf(session.client, clock).getDashboard();
    return dashboard.widget;
  }),
});
