import type { ProgramTerms } from "@/lib/programme/terms";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  programSchema,
  programVersionSchema,
  switchChangeSchema,
  termsEffectSchema,
  withdrawnTermsSchema,
} from "./programme-schemas";

/**
 * The programme's terms and switches, with the rights of an admin. Every database function
 * checks the permission and takes the actor from the session.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class ProgrammeAdminService {
  constructor(private readonly deps: { client: CallerClient }) {}

  getProgram() {
    return callRpc(this.deps.client, "get_program", {}, programSchema);
  }

  /**
   * Makes a new version of the terms, which counts at once, or from a later day (`YYYY-MM-DD`) of the
   * billing time zone; referrals that exist keep theirs. A change that counts at once is carried into
   * a version that is scheduled.
   *
   * @throws AppError `version_conflict` when somebody else was faster, `version_scheduled` when a
   *   version is scheduled already, `invalid_request` for a day that is not later or beyond a year.
   */
  updateProgram(
    terms: Partial<Omit<ProgramTerms, "version">>,
    reason: string,
    expectedVersion: number,
    effectiveOn?: string,
  ) {
    return callRpc(
      this.deps.client,
      "update_program",
      {
        p_terms: { ...terms },
        p_reason: reason,
        p_expected_version: expectedVersion,
        p_effective_on: effectiveOn,
      },
      programVersionSchema,
    );
  }

  /** The scheduled version never counts. @throws AppError `version_conflict` when it is not scheduled */
  withdrawScheduled(version: number, reason: string) {
    return callRpc(
      this.deps.client,
      "withdraw_scheduled_terms",
      { p_version: version, p_reason: reason },
      withdrawnTermsSchema,
    );
  }

  /** What new terms leave as it is, in numbers. */
  getEffect() {
    return callRpc(this.deps.client, "get_terms_effect", {}, termsEffectSchema);
  }

  /**
   * Switches rewards or mails on or off for the whole installation. Finding it done changes nothing.
   *
   * @throws AppError `forbidden` without `program:manage`, `not_found` for another name.
   */
  setSwitch(name: string, isOn: boolean, reason: string) {
    return callRpc(
      this.deps.client,
      "set_switch",
      { p_name: name, p_is_on: isOn, p_reason: reason },
      switchChangeSchema,
    );
  }
}
