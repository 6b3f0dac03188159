import { z } from "zod";

/** What an admin may be allowed to do. */
export const PERMISSIONS = [
  "customers:view",
  "referrals:review",
  "orders:manage",
  "billing:manage_invoices",
  "program:manage",
  "admins:manage",
  "data:export",
  "audit:view",
] as const;
export const permissionSchema = z.enum(PERMISSIONS);
export type Permission = z.infer<typeof permissionSchema>;

/** What an API key may let another system do. */
export const API_SCOPES = ["referrals:write", "referrals:read"] as const;
export type ApiScope = (typeof API_SCOPES)[number];

export const ROLES = ["support", "reviewer", "billing", "owner"] as const;
export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;

/** How a role is called in the interface. */
export const ROLE_LABELS: Readonly<Record<Role, string>> = {
  support: "Support",
  reviewer: "Reviewer",
  billing: "Billing",
  owner: "Owner",
};
