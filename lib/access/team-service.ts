import { z } from "zod";
import { AppError } from "@/lib/errors";
import { type Role, roleSchema } from "@/lib/permissions";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

const memberSchema = z.object({
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  is_active: z.boolean(),
});
export type TeamMember = z.infer<typeof memberSchema>;

/** What became of somebody who was added. */
export type Added =
  /** They have an account already, and work with it. */
  | "role_given"
  /** They got a mail with a link to choose a password. */
  | "invited";

/** The team, with the server's own rights: for the command line. Nobody's permission is checked. */
export class TeamService {
  constructor(private readonly deps: { server: ServerClient }) {}

  /** Everybody who is or was in the team, active people first. @throws AppError `unavailable` */
  async list(): Promise<TeamMember[]> {
    const { data, error } = await this.deps.server
      .from("admin_users")
      .select("email, name, role, is_active")
      .order("is_active", { ascending: false })
      .order("email");
    if (error) throw new AppError("unavailable", { cause: error });
    return z.array(memberSchema).parse(data);
  }

  /**
   * Gives somebody a role in the team, or another role than they had. Somebody without an account
   * is invited by mail.
   *
   * @throws AppError `last_owner` when the only owner would get another role; `unavailable` when
   *   the account cannot be made or the mail not be sent.
   */
  async add(email: string, role: Role): Promise<Added> {
    const { server } = this.deps;
    const account = await callRpc(
      server,
      "find_auth_user",
      { p_email: email },
      z.object({ id: z.guid(), is_confirmed: z.boolean() }).nullable(),
    );
    const id = account?.is_confirmed ? account.id : await this.invite(email);
    await callRpc(
      server,
      "save_team_member",
      { p_auth_user_id: id, p_email: email, p_name: email.split("@")[0] ?? email, p_role: role },
      z.object({ id: z.guid(), is_new: z.boolean() }),
    );
    return account?.is_confirmed ? "role_given" : "invited";
  }

  /** Takes somebody out of the team at once. False when nobody active has the address. @throws AppError `last_owner`, `unavailable` */
  remove(email: string): Promise<boolean> {
    return callRpc(this.deps.server, "remove_team_member", { p_email: email }, z.boolean());
  }

  private async invite(email: string): Promise<string> {
    const { data, error } = await this.deps.server.auth.admin.inviteUserByEmail(email);
    if (error) {
      throw new AppError("unavailable", {
        message: `The invitation could not be sent: ${error.message}. Check the mail server of the project (SMTP), then try again.`,
        cause: error,
      });
    }
    return data.user.id;
  }
}
