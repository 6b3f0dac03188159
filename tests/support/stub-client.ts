import { createClient } from "@supabase/supabase-js";
import type { CallerClient, ServerClient, Supabase } from "@/lib/supabase/clients";
import type { Database } from "@/lib/supabase/database.types";
import { asCaller, asServer } from "./clients";

export interface StubRequest {
  method: string;
  /** Below the project's address: `/rest/v1/rpc/place_order`. */
  path: string;
  body: unknown;
}

/** An answer of the project: status and JSON body, or the error that the network gave. */
export type StubAnswer = { status: number; body: unknown } | Error;

export interface StubClient {
  client: Supabase;
  /** The same client, as the server's own and as a caller's. */
  server: ServerClient;
  caller: CallerClient;
  requests: StubRequest[];
}

/**
 * A real client whose network is scripted, for answers that a healthy project never gives. The
 * answers are given in turn, the last one for ever.
 */
export function stubClient(
  ...answers: (StubAnswer | ((request: StubRequest) => StubAnswer))[]
): StubClient {
  const requests: StubRequest[] = [];
  const scripted = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const given = new Request(input, init);
    const text = await given.text();
    const request = {
      method: given.method,
      path: new URL(given.url).pathname,
      body: text === "" ? undefined : JSON.parse(text),
    };
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(request);
    if (!answer) throw new Error("no answer is scripted");
    const made = typeof answer === "function" ? answer(request) : answer;
    if (made instanceof Error) throw made;
    return new Response(made.body === undefined ? null : JSON.stringify(made.body), {
      status: made.status,
      headers: { "content-type": "application/json" },
    });
  };
  const client = createClient<Database>("http://project.test", "sb_publishable_stub", {
    auth: { autoRefreshToken: false, persistSession: false, detectSessionInUrl: false },
    global: { fetch: scripted },
  });
  return { client, server: asServer(client), caller: asCaller(client), requests };
}

/** How the data API reports a failure in the database. */
export const sqlFailure = (code: string, message = "failed", status = 500): StubAnswer => ({
  status,
  body: { code, message, details: null, hint: null },
});

/** How the auth server reports a refusal. */
export const authFailure = (status: number, code: string, message = code): StubAnswer => ({
  status,
  body: { code: status, error_code: code, msg: message },
});

/** What the network says when nobody listens. */
export const networkFailure = (): Error =>
  new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:1") });
