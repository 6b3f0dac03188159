import { readReadiness } from "@/lib/composition/readiness";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "public" }, async ({ server }) => {
    const readiness = await readReadiness(server());
    // The envelope for API clients; the same at the top, where monitors look.
    return Response.json(
      { success: true, data: readiness, ...readiness },
      { headers: { "cache-control": "no-store" } },
    );
  }),
});
