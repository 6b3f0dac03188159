import { z } from "zod";
import type { Supabase } from "./clients";
import { callRpc } from "./rpc";

/** Whether the data API and the database behind it answer. @throws AppError `unavailable`, `internal` */
export async function checkDatabase(service: Supabase): Promise<void> {
  await callRpc(service, "get_billing_settings", {}, z.object({ version: z.number() }));
}
