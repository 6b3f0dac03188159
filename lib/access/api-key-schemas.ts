import { z } from "zod";
import { listFields } from "@/lib/paging";

export const KEY_STANDINGS = ["active", "expired", "revoked"] as const;
export type KeyStanding = (typeof KEY_STANDINGS)[number];

/** An API key as owners see it. Instants are ISO 8601, UTC. */
export const apiKeySchema = z.object({
  id: z.guid(),
  name: z.string(),
  /** The beginning of the key; the rest is stored nowhere. */
  prefix: z.string(),
  scopes: z.array(z.string()),
  standing: z.enum(KEY_STANDINGS),
  created_at: z.string(),
  created_by_name: z.string().nullable(),
  /** The hour of the last call; null before the first one. */
  last_used_at: z.string().nullable(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  revoked_by_name: z.string().nullable(),
  revoke_reason: z.string().nullable(),
});
export type ApiKey = z.infer<typeof apiKeySchema>;

export const apiKeyPageSchema = z.object({ api_keys: z.array(apiKeySchema), ...listFields });

/** A new key. Only this answer holds the whole of it. */
export const newApiKeySchema = apiKeySchema.extend({ secret: z.string() });
export type NewApiKey = z.infer<typeof newApiKeySchema>;
