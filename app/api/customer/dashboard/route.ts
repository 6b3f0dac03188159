import { callerServices } from "@/lib/composition/services";
import { localDate } from "@/lib/dates";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { okUnlessUnchanged } from "@/lib/http/unchanged";

/** What the referral widget shows, for its refreshes; 304 while it is what the widget shows already. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "user" }, async ({ session, clock, language, request }) => {
    const { account } = callerServices(session.client, clock, language);
    const { widget } = await account.getDashboard();
    const { as_of: asOf, ...shown } = widget;
    // Days are counted on the page, so a new day is a change.
    const today = localDate(new Date(asOf), widget.time_zone);
    return okUnlessUnchanged(request, widget, [today, shown]);
  }),
});
