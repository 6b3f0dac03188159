import { z } from "zod";
import { LIST_EXPORTS, listNameSchema } from "@/lib/composition/list-exports";
import { callerServices } from "@/lib/composition/services";
import { csvResponse } from "@/lib/http/csv-response";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** A list of the admin area as a file: what its page shows, with the same filters and order, all of it. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "data:export",
      action: "list.export",
      params: z.object({ list: listNameSchema }),
      query: z.record(z.string(), z.string()),
    },
    async ({ session, server, params, query }) => {
      const services = callerServices(session.client);
      await services.admin.lists.requireExport();
      const { filter, pages } = LIST_EXPORTS[params.list](services, query);
      const { time_zone } = await services.readSession();
      const subject = { name: params.list, actor: session.userId, filter };
      return csvResponse(server(), subject, pages(time_zone));
    },
  ),
});
