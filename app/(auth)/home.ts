import type { Session } from "@/lib/access/schemas";

/** The page on which somebody starts after signing in. */
export function homeOf(session: Session): "/dashboard" | "/admin" | "/packages" {
  if (session.admin) return "/admin";
  return session.customer ? "/dashboard" : "/packages";
}
