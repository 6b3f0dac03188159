import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { limitSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Finds customers, orders and documents by what a person on the phone says of them. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "search.find",
      query: z.object({
        q: z
          .string({ error: "Say what to look for." })
          .trim()
          .min(1, "Say what to look for.")
          .max(120, "Keep the search within 120 characters."),
        limit: limitSchema(8, 20),
      }),
    },
    ({ session, query }) => callerServices(session.client).admin.search.find(query.q, query.limit),
  ),
});
