import "server-only";
import { headers } from "next/headers";
import { RedirectType, redirect, unstable_rethrow } from "next/navigation";
import { z } from "zod";
import { type Clock, systemClock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import type { FormState } from "@/lib/form-state";
import { failureIn } from "@/lib/language/wording";
import { log } from "@/lib/log";
import { requestIdOf, withRequestId } from "@/lib/request-context";
import { createServerClient, type ServerClient } from "@/lib/supabase/clients";
import { clientAddress } from "./client-address";
import { parseInput } from "./input";
import { refuseCrossSite } from "./origin";
import { addressSubject, enforceRateLimit, type RateLimit } from "./rate-limit";
import { pageLanguageOf } from "./request-language";
import { noteRequest } from "./request-metrics";

/** Longest sum of all fields of a form, in characters. */
const MOST_CHARACTERS = 64 * 1024;

/** Fields that never come back in the page. */
const SECRET = /password|captcha_token/;

/** A posted form, and the circumstances in which it came. */
export interface PostedForm {
  /** All fields as they were sent; the last of a repeated name. */
  fields: Readonly<Record<string, string>>;
  /** Those that may be shown again. */
  values: Readonly<Record<string, string>>;
  clock: Clock;
  /** The client's address as far as it can be trusted. */
  address: string | null;
  userAgent: string | null;
  /** The server's own client; made on first use. */
  server(): ServerClient;
}

function readFields(data: FormData): Record<string, string> {
  const fields: Record<string, string> = {};
  let length = 0;
  for (const [name, value] of data) {
    // Fields of the framework, and files, which no form of ours has.
    if (name.startsWith("$ACTION") || typeof value !== "string") continue;
    length += name.length + value.length;
    if (length > MOST_CHARACTERS) throw new AppError("payload_too_large");
    fields[name] = value;
  }
  return fields;
}

/**
 * Answers a posted form, sent by our script or by the browser itself. Refuses other sites, counts the
 * request, and turns a broken rule into sentences beside the fields. What is thrown otherwise is
 * logged and shown as a fixed sentence.
 *
 * @param route the page of the form, for the log.
 * @param empty the state of the form before anything was said about it.
 */
export async function answerForm<S extends FormState>(
  { route, rateLimit, empty }: { route: string; rateLimit?: RateLimit; empty: S },
  data: FormData,
  handle: (form: PostedForm) => Promise<Partial<S>>,
): Promise<S> {
  const began = performance.now();
  const head = await headers();
  const requestId = requestIdOf(head);
  let values: Record<string, string> = {};
  let error: AppError | null = null;

  async function answer(): Promise<S> {
    try {
      const env = getEnv();
      refuseCrossSite({ headers: head }, env.SITE_URL);
      const fields = parseInput(z.record(z.string(), z.string()), readFields(data));
      values = Object.fromEntries(Object.entries(fields).filter(([name]) => !SECRET.test(name)));
      const address = clientAddress(head, env.TRUSTED_PROXY_HOPS);
      const client = createServerClient();
      if (rateLimit) await enforceRateLimit(client, rateLimit, addressSubject(address));
      const said = await handle({
        fields,
        values,
        clock: systemClock,
        address,
        userAgent: head.get("user-agent")?.slice(0, 500) ?? null,
        server: () => client,
      });
      return { ...empty, values, ...said };
    } catch (thrown) {
      unstable_rethrow(thrown);
      error = thrown instanceof AppError ? thrown : new AppError("internal", { cause: thrown });
      if (error.status >= 500) {
        log().error({ requestId, route, err: error.cause ?? error }, error.code);
      }
      const { message: failure, fields: errors = {} } = failureIn(pageLanguageOf(head), error);
      const { code } = error;
      return { ...empty, values, errors, failure, code };
    }
  }

  const state = await withRequestId(requestId, answer);
  noteRequest({
    requestId,
    method: "POST",
    route,
    status: (error as AppError | null)?.status ?? 200,
    ms: performance.now() - began,
    role: "page",
    ...(error ? { code: (error as AppError).code } : {}),
  });
  // Without our script the browser follows an answer, not a field.
  if (state.goTo !== null && !head.has("next-action")) redirect(state.goTo, RedirectType.replace);
  return state;
}
