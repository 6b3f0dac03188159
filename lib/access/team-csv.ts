import { plain, time } from "@/lib/csv-columns";
import type { ApiKey } from "./api-key-schemas";
import type { TeamMember } from "./team-schemas";

/** The columns of the team and of the API keys as files. */

export const TEAM_CSV = [
  plain<TeamMember>("admin_id", (row) => row.id),
  plain<TeamMember>("name", (row) => row.name),
  plain<TeamMember>("email", (row) => row.email),
  plain<TeamMember>("role", (row) => row.role),
  plain<TeamMember>("access", (row) =>
    row.is_active ? (row.accepted_at === null ? "invited" : "active") : "ended",
  ),
  plain<TeamMember>("second_factor", (row) => (row.has_second_factor ? "yes" : "no")),
  time<TeamMember>("added_at", (row) => row.created_at),
  time<TeamMember>("last_seen_at", (row) => row.last_seen_at),
];

export const API_KEY_CSV = [
  plain<ApiKey>("key_id", (row) => row.id),
  plain<ApiKey>("name", (row) => row.name),
  plain<ApiKey>("begins_with", (row) => row.prefix),
  plain<ApiKey>("scopes", (row) => row.scopes.join(" ")),
  plain<ApiKey>("standing", (row) => row.standing),
  time<ApiKey>("created_at", (row) => row.created_at),
  plain<ApiKey>("created_by", (row) => row.created_by_name),
  time<ApiKey>("last_used_at", (row) => row.last_used_at),
  time<ApiKey>("expires_at", (row) => row.expires_at),
  time<ApiKey>("revoked_at", (row) => row.revoked_at),
  plain<ApiKey>("revoked_by", (row) => row.revoked_by_name),
  plain<ApiKey>("revoked_because", (row) => row.revoke_reason),
];
