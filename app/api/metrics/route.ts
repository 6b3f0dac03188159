import { writeMetrics } from "@/lib/composition/metrics";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** What Prometheus reads. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "metrics" }, async ({ server }) => {
    const { text, contentType } = await writeMetrics(server());
    return new Response(text, {
      headers: { "content-type": contentType, "cache-control": "no-store" },
    });
  }),
});
