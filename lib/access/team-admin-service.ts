import { z } from "zod";
import { type ListPage, listArgs } from "@/lib/paging";
import type { Role } from "@/lib/permissions";
import type { AuthClient, CallerClient, ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { authError } from "./auth-errors";
import {
  type AdminRules,
  adminSettingsSchema,
  type TeamFilter,
  type TeamMember,
  teamMemberSchema,
  teamSchema,
} from "./team-schemas";

/**
 * Who is in the team, and the rules for admins, with the rights of an owner. Every database
 * function checks the permission and takes the actor from the session.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`; those that change something raise
 * `password_needed` ten minutes after the password was given.
 */
export class TeamAdminService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** One page of the team, by name, and the rules in force. @throws AppError `invalid_request` */
  getTeam({ q, role, access, ...page }: TeamFilter & ListPage = {}) {
    return callRpc(
      this.deps.client,
      "get_team",
      { p_q: q, p_role: role, p_access: access, ...listArgs(page) },
      teamSchema,
    );
  }

  /**
   * Changes the role of a colleague, or takes their rights away. It counts at once.
   *
   * @throws AppError `not_found`, `last_owner`, `own_account` (as 409)
   */
  updateMember(id: string, change: { role: Role; isActive: boolean; reason: string }) {
    return callRpc(
      this.deps.client,
      "update_team_member",
      {
        p_id: id,
        p_role: change.role,
        p_is_active: change.isActive,
        p_reason: change.reason,
      },
      teamMemberSchema,
    );
  }

  /**
   * Makes a new version of the rules for admins. What is left out stays as it is.
   *
   * @throws AppError `version_conflict`; `second_factor_not_set_up` when a second factor shall be
   *   required by somebody who has given none.
   */
  updateSettings(rules: Partial<AdminRules>, reason: string, expectedVersion: number) {
    return callRpc(
      this.deps.client,
      "update_admin_settings",
      { p_settings: { ...rules }, p_reason: reason, p_expected_version: expectedVersion },
      adminSettingsSchema,
    );
  }
}

export interface TeamInvitationsDeps {
  /** The owner's own client: it decides whether they may do this. */
  client: CallerClient;
  server: ServerClient;
  /** The auth server, which mails the links. */
  auth: AuthClient;
}

const foundSchema = z.object({ id: z.guid(), is_confirmed: z.boolean() }).nullable();

/**
 * Invitations to the team. The role counts once the person opens the link in the mail: that proves
 * that the address is theirs.
 */
export class TeamInvitations {
  constructor(private readonly deps: TeamInvitationsDeps) {}

  /**
   * Invites somebody, or sends the link of an invitation that waits once more.
   *
   * @throws AppError `unauthenticated`, `forbidden`, `password_needed`, `already_member`;
   *   `invalid_request` beside `email` when the auth server refuses the address; `rate_limited`,
   *   `unavailable`.
   */
  async invite(person: { email: string; name: string; role: Role }): Promise<TeamMember> {
    const { client, server, auth } = this.deps;
    await callRpc(
      client,
      "require_recent_password",
      { p_permission: "admins:manage" },
      z.unknown(),
    );
    const known = await callRpc(server, "find_auth_user", { p_email: person.email }, foundSchema);
    if (known?.is_confirmed) {
      // The address of an existing account is proven by a link to choose a new password.
      const member = await this.add(person);
      const { error } = await auth.resetPasswordForEmail(person.email);
      if (error) throw authError(error, { email: "email" });
      return member;
    }
    const { error } = await server.auth.admin.inviteUserByEmail(person.email, {
      data: { name: person.name },
    });
    if (error) throw authError(error, { email: "email" });
    return this.add(person);
  }

  private add({ email, name, role }: { email: string; name: string; role: Role }) {
    return callRpc(
      this.deps.client,
      "add_team_member",
      { p_email: email, p_name: name, p_role: role },
      teamMemberSchema,
    );
  }
}
