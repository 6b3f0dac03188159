import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type SearchResult, searchResultSchema } from "./search-schemas";

/** The search of the whole admin area, with the rights of an admin. */
export class SearchService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /**
   * Customers by parts of name, e-mail, phone or code in any order and without accents; the order
   * and the documents with a number. At most `limit` of a kind.
   * @throws AppError `unauthenticated`, `forbidden`, `invalid_request` for an empty text or more than
   *   120 characters.
   */
  find(text: string, limit = 8): Promise<SearchResult> {
    return callRpc(
      this.deps.client,
      "admin_search",
      { p_q: text, p_limit: limit },
      searchResultSchema,
    );
  }
}
