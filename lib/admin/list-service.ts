import { z } from "zod";
import { AppError } from "@/lib/errors";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  type SavedViewInput,
  type SavedViewList,
  savedViewSchema,
  workCountsSchema,
} from "./list-schemas";

/**
 * What an admin keeps of the lists, and how much waits in them, with their own rights.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class ListService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** Lets a list leave as a file. @throws AppError `forbidden` without `data:export` */
  async requireExport(): Promise<void> {
    const permission = { p_permission: "data:export" };
    const allowed = await callRpc(this.deps.client, "has_permission", permission, z.boolean());
    if (!allowed) throw new AppError("forbidden");
  }

  /** The own views of a list, by name. */
  views(list: SavedViewList) {
    return callRpc(
      this.deps.client,
      "list_saved_views",
      { p_list: list },
      z.array(savedViewSchema),
    );
  }

  /** Keeps a view; an own one of that name is replaced. @throws AppError `too_many_views`, `invalid_request` */
  saveView({ list, name, query }: SavedViewInput) {
    const args = { p_list: list, p_name: name, p_query: query };
    return callRpc(this.deps.client, "save_view", args, savedViewSchema);
  }

  /** Gives up an own view. @throws AppError `not_found` */
  deleteView(id: string) {
    return callRpc(this.deps.client, "delete_view", { p_id: id }, z.object({ id: z.guid() }));
  }

  /** How much waits in the lists that the caller works on. */
  countWork() {
    return callRpc(this.deps.client, "get_work_counts", {}, workCountsSchema);
  }
}
