import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { accountAnswer } from "@/lib/invoicing/account";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "user", page: { limit: 25, max: 100 } }, async ({ session, page }) =>
    accountAnswer(await callerServices(session.client).account.getAccount(page)),
  ),
});
