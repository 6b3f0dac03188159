import { type ListPage, listArgs } from "@/lib/paging";
import type { ApiScope } from "@/lib/permissions";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  apiKeyPageSchema,
  apiKeySchema,
  type KeyStanding,
  newApiKeySchema,
} from "./api-key-schemas";

/**
 * Keys with which other systems call `/api/v1`, with the rights of an owner. Every database function
 * checks the permission and takes the actor from the session.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`; those that change something raise
 * `password_needed` ten minutes after the password was given.
 */
export class ApiKeyService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /**
   * One page of the keys, newest first. `q` is a part of a name or of the beginning of a key.
   * @throws AppError `invalid_request`
   */
  list({ q, standing, ...page }: { q?: string; standing?: KeyStanding } & ListPage = {}) {
    return callRpc(
      this.deps.client,
      "list_api_keys",
      { p_q: q, p_standing: standing, ...listArgs(page) },
      apiKeyPageSchema,
    );
  }

  /**
   * Makes a key. The answer alone holds its secret.
   *
   * @param key.expires_at ISO 8601; null: it is valid until it is revoked.
   * @throws AppError `invalid_request` for an `expires_at` that has passed.
   */
  create(key: { name: string; scopes: readonly ApiScope[]; expires_at: string | null }) {
    return callRpc(
      this.deps.client,
      "create_api_key",
      {
        p_name: key.name,
        p_scopes: [...key.scopes],
        ...(key.expires_at === null ? {} : { p_expires_at: key.expires_at }),
      },
      newApiKeySchema,
    );
  }

  /** Ends a key, at once and for good. @throws AppError `not_found`, `api_key_revoked` */
  revoke(id: string, reason: string) {
    return callRpc(
      this.deps.client,
      "revoke_api_key",
      { p_id: id, p_reason: reason },
      apiKeySchema,
    );
  }
}
