import { createClient } from "@supabase/supabase-js";
import type { Supabase } from "@/lib/supabase/clients";
import type { Database } from "@/lib/supabase/database.types";

/** A client of a project that keeps no session; with a token, it acts for whoever that names. */
export function projectClient(apiUrl: string, key: string, token?: string): Supabase {
  return createClient<Database>(apiUrl, key, {
    auth: { autoRefreshToken: false, persistSession: false, detectSessionInUrl: false },
    ...(token === undefined ? {} : { global: { headers: { Authorization: `Bearer ${token}` } } }),
  });
}
