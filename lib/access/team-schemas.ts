import { z } from "zod";
import { listFields } from "@/lib/paging";
import { type Role, roleSchema } from "@/lib/permissions";

/** A staff account as owners see it. Instants are ISO 8601, UTC. */
export const teamMemberSchema = z.object({
  id: z.guid(),
  name: z.string(),
  email: z.string(),
  role: roleSchema,
  is_active: z.boolean(),
  /** When the person opened the link of the invitation; null while it waits. */
  accepted_at: z.string().nullable(),
  created_at: z.string(),
  is_me: z.boolean(),
  last_seen_at: z.string().nullable(),
  has_second_factor: z.boolean(),
});
export type TeamMember = z.infer<typeof teamMemberSchema>;

const wholeNumber = (min: number, max: number) =>
  z
    .number({ error: "Enter a whole number." })
    .int("Enter a whole number.")
    .min(min, `Use ${min} or more.`)
    .max(max, `Use ${max} or less.`);

const MOST_CENTS = 1_000_000_000;

/** What one admin may do alone, and the rules of their sessions. Amounts in cents, VAT included. */
export const adminRulesSchema = z.object({
  monthly_grants_per_admin: wholeNumber(1, 10_000),
  approval_credit_cents: wholeNumber(0, MOST_CENTS),
  approval_price_cents: wholeNumber(0, MOST_CENTS),
  approval_bulk_items: wholeNumber(0, 1_000),
  approval_hours: wholeNumber(1, 720),
  session_idle_minutes: wholeNumber(5, 1_440),
  session_hours: wholeNumber(1, 168),
  second_factor_required: z.boolean(),
});
export type AdminRules = z.infer<typeof adminRulesSchema>;

export const adminSettingsSchema = adminRulesSchema.extend({
  version: z.number().int(),
  reason: z.string(),
  created_at: z.string(),
});
export type AdminSettings = z.infer<typeof adminSettingsSchema>;

/** Whether somebody works with their rights, was only invited, or has none any more. */
export const ACCESS_STATES = ["active", "invited", "ended"] as const;
export type AccessState = (typeof ACCESS_STATES)[number];

/** What the list of the team is filtered by. `q` is a part of a name or an e-mail address. */
export type TeamFilter = { q?: string; role?: Role; access?: AccessState };

export const teamSchema = z.object({
  members: z.array(teamMemberSchema),
  ...listFields,
  settings: adminSettingsSchema,
  /** ISO 4217. */
  currency: z.string(),
});
