import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type Session, sessionSchema } from "./schemas";

/** Who the caller of a client is here. @throws AppError `unauthenticated` */
export function readSession(client: CallerClient): Promise<Session> {
  return callRpc(client, "get_my_session", {}, sessionSchema);
}
