import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    { access: "admin", permission: "referrals:review", action: "review.overview" },
    ({ session }) => callerServices(session.client).admin.referrals.getReviewOverview(),
  ),
});
