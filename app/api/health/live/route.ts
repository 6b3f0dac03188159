import { endpoint } from "@/lib/http/endpoint";

/** Whether this process answers. It asks nobody else: a restart would not bring the database back. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: async () => Response.json({ status: "ok" }, { headers: { "cache-control": "no-store" } }),
});
