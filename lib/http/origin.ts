import { AppError } from "@/lib/errors";

/**
 * Refuses a state change that a browser sends from another site. Clients that are not browsers
 * send neither header and pass.
 *
 * @throws AppError `cross_site`
 */
export function refuseCrossSite(request: Pick<Request, "headers">, siteUrl: string): void {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") throw new AppError("cross_site");
  const origin = request.headers.get("origin");
  if (origin === null) return;
  const host = request.headers.get("host");
  let originHost: string;
  try {
    originHost = new URL(origin).host;
  } catch {
    throw new AppError("cross_site");
  }
  if (originHost !== host && originHost !== new URL(siteUrl).host) throw new AppError("cross_site");
}
