import { z } from "zod";
import type { Address } from "@/lib/identity/schemas";
import { programTermsSchema } from "@/lib/programme/terms";
import { fraudEvidenceSchema } from "./fraud-rules";
import { fraudSettingsVersionSchema } from "./fraud-settings";
import { NOT_APPLIED_REASONS } from "./fraud-signals";

/** What is known of an order before it is placed. E-mail as typed, phone in E.164. */
export type OrderFacts = {
  idempotency_key: string;
  package_slug: string;
  email: string;
  phone: string;
  /** The mailbox behind the e-mail address. */
  mailbox: string | null;
  address: Address;
  address_key: string;
  /** Coarse keys of the address, by which candidates are found. */
  address_near_keys: string[];
  referral_code: string | null;
  visitor_id: string | null;
  ip_address: string | null;
  user_agent: string | null;
};

/** What became of the code of an order. */
export const referralOutcomeSchema = z.enum(["recorded", "not_applied", "none"]);

/** What placing an order answers. The reason says in general terms why a code was not applied. */
export const placedOrderSchema = z.object({
  order_id: z.guid(),
  /** What people say on the phone: `4K7-M2P`. */
  order_number: z.string(),
  customer_id: z.guid(),
  referral: z.object({
    status: referralOutcomeSchema,
    reason: z.enum(NOT_APPLIED_REASONS).optional(),
  }),
});
export type PlacedOrder = z.infer<typeof placedOrderSchema>;

/** What the database knows before an order is placed. */
export const preparedOrderSchema = z.object({
  /** The answer that was given before to the same idempotency key; null while it is being made. */
  replay: z.object({ request_hash: z.string(), response: placedOrderSchema.nullable() }).nullable(),
  package: z.object({ id: z.guid(), slug: z.string(), name: z.string() }).nullable(),
  terms: programTermsSchema,
  fraud_settings: fraudSettingsVersionSchema,
  referrer_found: z.boolean(),
  evidence: fraudEvidenceSchema.nullable(),
});
export type PreparedOrder = z.infer<typeof preparedOrderSchema>;
