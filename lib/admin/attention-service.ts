import { z } from "zod";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

const KINDS = [
  "violations",
  "restore_open",
  "mail_held",
  "mail_captured",
  "rewards_off",
  "programme_paused",
  "unbilled",
  "run_interrupted",
  "mail_outage",
  "mails_failed",
  "mails_late",
  "job_late",
] as const;

const attentionSchema = z.array(
  z.object({
    kind: z.enum(KINDS),
    /** How many, where that can be said. */
    count: z.number().int().nullable(),
    /** ISO 8601. */
    since: z.string().nullable(),
    /** The job that is late. */
    job: z.string().nullable(),
    /** Why the mail provider fails. */
    /** Why somebody paused or switched it off. */
    reason: z.string().nullable(),
    cause: z.enum(["refused", "limit", "server", "network", "answer"]).nullable(),
  }),
);
export type AttentionItem = z.infer<typeof attentionSchema>[number];

/** What needs a person, with the rights of an admin. */
export class AttentionService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** The most urgent first. @throws AppError `unauthenticated`, `forbidden`, `unavailable` */
  list(): Promise<AttentionItem[]> {
    return callRpc(this.deps.client, "get_attention", {}, attentionSchema);
  }
}
