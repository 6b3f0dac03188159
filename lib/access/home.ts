import type { Session } from "./schemas";

/** The page on which somebody starts after signing in. */
export function homeOf({
  admin,
  customer,
}: Pick<Session, "admin" | "customer">): "/dashboard" | "/admin" | "/packages" {
  if (admin) return "/admin";
  return customer ? "/dashboard" : "/packages";
}
