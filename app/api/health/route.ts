import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { checkDatabase } from "@/lib/supabase/maintenance";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "public" }, async ({ server }) => {
    await checkDatabase(server());
    const health = { status: "ok", database: "ok" };
    // The envelope for API clients; the same at the top, where monitors look.
    return Response.json(
      { success: true, data: health, ...health },
      { headers: { "cache-control": "no-store" } },
    );
  }),
});
