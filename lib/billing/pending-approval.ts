import { z } from "zod";

/** What an act answers that one admin may not do alone: it waits for a second person. */
export const pendingApprovalSchema = z.object({
  approval_id: z.guid(),
  status: z.literal("pending_approval"),
  /** ISO 8601, UTC. */
  expires_at: z.string(),
});
export type PendingApproval = z.infer<typeof pendingApprovalSchema>;

/** Whether an act waits for a second person instead of being done. */
export const isPendingApproval = (answer: object): answer is PendingApproval =>
  "approval_id" in answer;
