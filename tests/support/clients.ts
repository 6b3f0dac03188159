import type { CallerClient, ServerClient, Supabase } from "@/lib/supabase/clients";

/** A client that a test made with the secret key. */
export const asServer = (client: Supabase): ServerClient => client as ServerClient;

/** A client that a test made with somebody's token, with cookies, or for nobody. */
export const asCaller = (client: Supabase): CallerClient => client as CallerClient;
