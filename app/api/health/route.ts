import { endpoint, route } from "@/lib/http/handler";
import { checkDatabase } from "@/lib/supabase/health";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "public" }, async ({ service }) => {
    await checkDatabase(service());
    return Response.json(
      { status: "ok", database: "ok" },
      { headers: { "cache-control": "no-store" } },
    );
  }),
});
