import type { ProgramTerms } from "@/lib/programme/terms";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { programSchema, programVersionSchema, switchChangeSchema } from "./programme-schemas";

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
   * Makes a new version of the terms; referrals that exist keep theirs.
   *
   * @throws AppError `version_conflict` when somebody else was faster.
   */
  updateProgram(
    terms: Partial<Omit<ProgramTerms, "version">>,
    reason: string,
    expectedVersion: number,
  ) {
    return callRpc(
      this.deps.client,
      "update_program",
      { p_terms: { ...terms }, p_reason: reason, p_expected_version: expectedVersion },
      programVersionSchema,
    );
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
