import type { Instrumentation } from "next";

/** Runs once when a server starts, before its first request. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { startMonitoring } = await import("@/lib/composition/monitoring");
  await startMonitoring();
}

/** Errors that Next.js met while it rendered or routed, in the form of our own log. */
export const onRequestError: Instrumentation.onRequestError = async (error, request, context) => {
  if (process.env.NEXT_RUNTIME === "edge") return;
  const { log } = await import("@/lib/log");
  const digest = error instanceof Error && "digest" in error ? String(error.digest) : undefined;
  const given = request.headers["x-request-id"];
  log().error(
    {
      requestId: Array.isArray(given) ? given[0] : given,
      method: request.method,
      route: context.routePath,
      kind: context.routeType,
      digest,
      err: error,
    },
    "a page or route failed",
  );
};
