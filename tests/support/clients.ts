import { createClient } from "@supabase/supabase-js";
import type { CallerClient, ServerClient, Supabase } from "@/lib/supabase/clients";
import type { Database } from "@/lib/supabase/database.types";

/** A client of a project that keeps no session; with a token, it acts for whoever that names. */
function projectClient(apiUrl: string, key: string, token?: string): Supabase {
  return createClient<Database>(apiUrl, key, {
    auth: { autoRefreshToken: false, persistSession: false, detectSessionInUrl: false },
    ...(token === undefined ? {} : { global: { headers: { Authorization: `Bearer ${token}` } } }),
  });
}

/** A client with the secret key of a project. */
export const clientOfServer = (apiUrl: string, secretKey: string): ServerClient =>
  asServer(projectClient(apiUrl, secretKey));

/** A client for whoever the token names; without a token, for nobody. */
export const clientOfCaller = (
  apiUrl: string,
  publishableKey: string,
  token?: string,
): CallerClient => asCaller(projectClient(apiUrl, publishableKey, token));

/** Takes a client for the server's own: for clients that a test made or scripted itself. */
export const asServer = (client: Supabase): ServerClient => client as ServerClient;

/** Takes a client for a caller's. */
export const asCaller = (client: Supabase): CallerClient => client as CallerClient;
