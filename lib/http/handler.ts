import "server-only";
import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { NextRequest } from "next/server";
import { z } from "zod";
import type { Permission } from "@/lib/access/permissions";
import { type Clock, systemClock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { createServiceClient, type Supabase } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { getSupabaseConnection } from "@/lib/supabase/stack-file";
import { clientAddress } from "./client-address";
import { failure, ok } from "./envelope";
import { parseInput, queryObject, readJsonBody } from "./input";
import { refuseCrossSite } from "./origin";
import { addressSubject, enforceRateLimit, RATE_LIMITS, type RateLimit } from "./rate-limit";
import { type RequestSession, readRequestSession } from "./request-session";

/** What every handler gets. */
export interface RouteContext<P, Q, B> {
  request: NextRequest;
  requestId: string;
  params: P;
  query: Q;
  body: B;
  clock: Clock;
  /** The client's address as far as it can be trusted. */
  address: string | null;
  userAgent: string | null;
  /** The server's own rights; made on first use. */
  service(): Supabase;
}

type Access =
  | { access: "public" }
  | { access: "cron" }
  | { access: "user" }
  /** The database function checks the permission; here it decides what a malformed request is told. */
  | { access: "admin"; permission: Permission; action: string; entity?: string };

type HandlerContext<A extends Access, P, Q, B> = RouteContext<P, Q, B> &
  (A extends { access: "user" | "admin" } ? { session: RequestSession } : { session?: undefined });

interface RouteOptions<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  params?: P;
  query?: Q;
  body?: B;
  rateLimit?: RateLimit;
}

type NextContext = { params: Promise<Record<string, string | string[] | undefined>> };
type RouteHandler = (request: NextRequest, context: NextContext) => Promise<Response>;

const digest = (text: string) => createHash("sha256").update(text).digest();

function requireCronSecret(request: Request): void {
  const expected = getEnv().CRON_SECRET ?? getSupabaseConnection().cronSecret;
  const given = /^Bearer\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (!expected || !given || !timingSafeEqual(digest(given), digest(expected))) {
    throw new AppError("unauthenticated", { message: "A valid cron secret is needed." });
  }
}

/**
 * Keeps a refused admin action in the audit log; failing to do so does not change the answer.
 * Nothing can delete that log, so no text of the caller's choice gets into it, and nobody writes
 * more than a few rows.
 *
 * @param entityId what the path names; kept only when it is an id.
 */
async function recordRefusal(
  options: { action: string; entity?: string },
  session: RequestSession,
  service: Supabase,
  entityId: unknown,
): Promise<void> {
  try {
    await enforceRateLimit(service, RATE_LIMITS.refused, session.userId);
    await callRpc(
      service,
      "record_refusal",
      {
        p_actor: session.userId,
        p_action: options.action,
        p_entity_type: options.entity ?? "request",
        p_entity_id: z.guid().safeParse(entityId).data ?? "",
      },
      z.unknown(),
    );
  } catch (error) {
    if (error instanceof AppError && error.code === "rate_limited") {
      log().warn(
        { actor: session.userId, action: options.action },
        "a refused action was not audited: there were too many",
      );
      return;
    }
    log().error({ err: error }, "a refused action could not be audited");
  }
}

/**
 * What a malformed request to an admin route is answered: who may not call the route learns
 * nothing about what it takes.
 */
async function permissionFirst(
  error: unknown,
  permission: Permission,
  session: RequestSession,
): Promise<unknown> {
  if (!(error instanceof AppError) || error.status >= 500) return error;
  const allowed = await callRpc(
    session.client,
    "has_permission",
    { p_permission: permission },
    z.boolean(),
  );
  return allowed ? error : new AppError("forbidden");
}

/**
 * Wraps a route handler: session, same-site check, limits, validation, the error shape.
 *
 * Return data to answer 200 with the success envelope, or a `Response` for anything else.
 */
export function route<
  A extends Access,
  P extends z.ZodType = z.ZodUnknown,
  Q extends z.ZodType = z.ZodUnknown,
  B extends z.ZodType = z.ZodUndefined,
>(
  options: A & RouteOptions<P, Q, B>,
  handle: (context: HandlerContext<A, z.infer<P>, z.infer<Q>, z.infer<B>>) => Promise<unknown>,
): RouteHandler {
  return async (request, { params }) => {
    const requestId = randomUUID();
    let serviceClient: Supabase | null = null;
    const service = () => {
      serviceClient ??= createServiceClient();
      return serviceClient;
    };
    try {
      const env = getEnv();
      const changesState = request.method !== "GET" && request.method !== "HEAD";
      if (changesState && options.access !== "cron") refuseCrossSite(request, env.SITE_URL);
      if (options.access === "cron") requireCronSecret(request);
      const address = clientAddress(request.headers, env.TRUSTED_PROXY_HOPS);
      if (options.rateLimit) {
        await enforceRateLimit(service(), options.rateLimit, addressSubject(address));
      }

      let session: RequestSession | undefined;
      if (options.access === "user" || options.access === "admin") {
        const found = await readRequestSession(request.headers.get("authorization"));
        if (!found) throw new AppError("unauthenticated");
        session = found;
      }
      const rawParams = await params;
      const readContext = async () =>
        ({
          request,
          requestId,
          params: options.params ? parseInput(options.params, rawParams) : undefined,
          query: options.query
            ? parseInput(options.query, queryObject(request.nextUrl))
            : undefined,
          body: options.body ? await readJsonBody(request, options.body) : undefined,
          clock: systemClock,
          address,
          userAgent: request.headers.get("user-agent")?.slice(0, 500) ?? null,
          service,
          session,
        }) as HandlerContext<A, z.infer<P>, z.infer<Q>, z.infer<B>>;

      try {
        const context = await readContext().catch(async (error: unknown) => {
          throw options.access === "admin" && session
            ? await permissionFirst(error, options.permission, session)
            : error;
        });
        const result = await handle(context);
        return result instanceof Response ? result : ok(result);
      } catch (error) {
        if (
          options.access === "admin" &&
          changesState &&
          session &&
          error instanceof AppError &&
          error.status === 403
        ) {
          const id = rawParams?.id ?? rawParams?.referral_id;
          await recordRefusal(options, session, service(), id);
        }
        throw error;
      }
    } catch (error) {
      const known = error instanceof AppError ? error : new AppError("internal", { cause: error });
      if (known.status >= 500) {
        log().error(
          { requestId, path: request.nextUrl.pathname, err: known.cause ?? known },
          known.code,
        );
      }
      return failure(known, requestId);
    }
  };
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
type Method = (typeof METHODS)[number];

/**
 * The exports of a route file: the given handlers, and for every other method an answer in the
 * API's own error shape.
 */
export function endpoint(
  handlers: Partial<Record<Method, RouteHandler>>,
): Record<Method, RouteHandler> {
  const allow = METHODS.filter((method) => handlers[method]).join(", ");
  const refuse: RouteHandler = async () => {
    const response = failure(new AppError("method_not_allowed"));
    response.headers.set("allow", allow);
    return response;
  };
  return {
    GET: handlers.GET ?? refuse,
    POST: handlers.POST ?? refuse,
    PUT: handlers.PUT ?? refuse,
    PATCH: handlers.PATCH ?? refuse,
    DELETE: handlers.DELETE ?? refuse,
  };
}
