import { z } from "zod";
import { type Profile, type ProfileInput, profileSchema } from "@/lib/identity/profile";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

/**
 * A customer's own name, phone number, billing address and VAT number.
 *
 * All methods raise AppError `unauthenticated`, and `forbidden` for a session without a customer.
 */
export class ProfileService {
  constructor(private readonly deps: { client: CallerClient }) {}

  get(): Promise<Profile> {
    return callRpc(this.deps.client, "get_my_profile", {}, profileSchema);
  }

  /** Everything that is kept of the caller, as one document. @throws AppError `rate_limited` */
  exportData(): Promise<Record<string, unknown>> {
    return callRpc(this.deps.client, "export_my_data", {}, z.record(z.string(), z.unknown()));
  }

  /**
   * Changes them for the invoices to come; issued ones keep what they name. Without a difference it
   * changes nothing. The numbers that the customer had before are kept, because to the fraud rules
   * they stay theirs.
   * @throws AppError `invalid_request`, `rate_limited`
   */
  change(profile: ProfileInput): Promise<Profile> {
    return callRpc(
      this.deps.client,
      "update_my_profile",
      { p_profile: { ...profile } },
      profileSchema,
    );
  }
}
