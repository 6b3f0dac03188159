import "server-only";
import type { NextRequest } from "next/server";
import { z } from "zod";
import { type Clock, systemClock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { forgetCopies } from "@/lib/kept-copies";
import type { PageLanguage } from "@/lib/language/languages";
import { sentences } from "@/lib/language/messages/en/sentences";
import { log } from "@/lib/log";
import type { ApiCaller } from "@/lib/orders/api-caller";
import { decodeCursor, encodeCursor, nextCursorSchema, type Page } from "@/lib/paging";
import type { ApiScope, Permission } from "@/lib/permissions";
import { REQUEST_ID_HEADER, requestIdOf, withRequestId } from "@/lib/request-context";
import { createServerClient, type ServerClient } from "@/lib/supabase/clients";
import { isRecordedRefusal } from "@/lib/supabase/rpc";
import { permissionFirst, recordRefusal } from "./admin-refusal";
import { checkApiCaller, readApiCaller } from "./api-key";
import { clientAddress } from "./client-address";
import { cursorParam, idempotencyKeySchema, limitSchema } from "./common-schemas";
import type { RouteHandler } from "./endpoint";
import { failure, ok } from "./envelope";
import { parseInput, queryObject, readJsonBody, readTextBody, type TextBody } from "./input";
import { refuseCrossSite } from "./origin";
import { addressSubject, enforceRateLimit, type RateLimit } from "./rate-limit";
import { requestLanguage } from "./request-language";
import { noteRequest } from "./request-metrics";
import { type RequestSession, readRequestSession } from "./request-session";
import { apiPattern } from "./route-pattern";
import { requireServerSecret } from "./server-secret";

/** What every handler gets. */
interface RouteContext<P, Q, B> {
  request: NextRequest;
  requestId: string;
  params: P;
  query: Q;
  body: B;
  /** The page that the query's `cursor` and `limit` ask for; empty unless the route has `page`. */
  page: Page;
  clock: Clock;
  /** The language in which the caller wants to read. */
  language: PageLanguage;
  /** The client's address as far as it can be trusted. */
  address: string | null;
  userAgent: string | null;
  /** The server's own client; made on first use. */
  server(): ServerClient;
}

type Access =
  | { access: "public" }
  /** Programs that know a secret of the server. */
  | { access: "cron" | "metrics" }
  /** Programs that sign what they send; the handler checks the signature before all else. */
  | { access: "webhook" }
  /**
   * Other systems of the provider, with an API key. The database function checks the key in the call
   * that does the work. Here the scope decides what a malformed request is answered.
   */
  | { access: "key"; scope: ApiScope }
  | { access: "user" }
  /**
   * The session in the cookies, for what changes that session or proves who it is. A token is
   * refused: limits would be counted for its person, and the cookies could be somebody else's.
   */
  | { access: "browser" }
  /**
   * The database functions check the permission. Here it decides what a malformed request is
   * answered. `entity` and the id in the path name what a refusal in the audit log is about.
   */
  | { access: "admin"; permission: Permission; action: string; entity?: string };

type Options = Access & {
  /** Whether the `Idempotency-Key` header is read: 1 to 200 visible ASCII characters. */
  idempotencyKey?: "optional" | "required";
};

type HandlerContext<A extends Options, P, Q, B> = RouteContext<P, Q, B> &
  (A extends { access: "user" | "browser" | "admin" }
    ? { session: RequestSession }
    : { session?: undefined }) &
  (A extends { access: "key" } ? { caller: ApiCaller } : { caller?: undefined }) &
  (A extends { idempotencyKey: "required" }
    ? { idempotencyKey: string }
    : { idempotencyKey?: string | undefined });

interface RouteOptions<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> {
  params?: P;
  query?: Q;
  body?: B;
  /** The body is text of this type; `body` validates it. Without it, the body is JSON. */
  textBody?: TextBody;
  /** For lists: how many rows a page has, and at most. The answer's `next_cursor` is made opaque. */
  page?: { limit: number; max: number };
  /** Counted per client address, before anything else. */
  rateLimit?: RateLimit;
  /** Counted per signed-in person, once the request is known to be well-formed. */
  personLimit?: RateLimit;
}

/** Routes that pages of visitors and customers use: their answers are shown to people, in their language. */
const SPEAKING: ReadonlySet<Options["access"]> = new Set(["public", "user", "browser"]);

/** The language of an answer; the team and programs read English. */
const languageFor = ({ access }: Options, { headers }: Request): PageLanguage =>
  SPEAKING.has(access) ? requestLanguage(headers) : "en";

const changesState = (request: Request) => request.method !== "GET" && request.method !== "HEAD";

function readKey(request: Request, mode: Options["idempotencyKey"]): string | undefined {
  if (mode === undefined) return undefined;
  const schema = mode === "required" ? idempotencyKeySchema : idempotencyKeySchema.optional();
  const given = { "Idempotency-Key": request.headers.get("idempotency-key") ?? undefined };
  return parseInput(z.object({ "Idempotency-Key": schema }), given)["Idempotency-Key"];
}

async function readBody(request: Request, { body, textBody }: RouteOptions): Promise<unknown> {
  if (!body) return undefined;
  return textBody ? readTextBody(request, textBody, body) : readJsonBody(request, body);
}

function readPage(query: Record<string, string>, page: RouteOptions["page"]): Page {
  if (!page) return {};
  const schema = z.object({ cursor: cursorParam, limit: limitSchema(page.limit, page.max) });
  const { cursor, limit } = parseInput(schema, query);
  return { cursor: decodeCursor(cursor), limit };
}

/** The answer of a list, its `next_cursor` as the opaque text that the query takes. It is read forward only. */
function withOpaqueCursor(list: unknown): unknown {
  const parsed = z.looseObject({ next_cursor: nextCursorSchema }).safeParse(list);
  if (!parsed.success) return list;
  const { previous_cursor: _, ...answer } = parsed.data;
  return { ...answer, next_cursor: encodeCursor(parsed.data.next_cursor) };
}

/**
 * Wraps a route handler: session, same-site check, limits, validation, the error shape.
 *
 * Return data to answer 200 with the success envelope, or a `Response` for anything else.
 */
export function route<
  A extends Options,
  P extends z.ZodType = z.ZodUnknown,
  Q extends z.ZodType = z.ZodUnknown,
  B extends z.ZodType = z.ZodUndefined,
>(
  options: A & RouteOptions<P, Q, B>,
  handle: (context: HandlerContext<A, z.infer<P>, z.infer<Q>, z.infer<B>>) => Promise<unknown>,
): RouteHandler {
  type Context = HandlerContext<A, z.infer<P>, z.infer<Q>, z.infer<B>>;
  const answer = async (
    request: NextRequest,
    params: Awaited<Parameters<RouteHandler>[1]["params"]>,
    requestId: string,
  ): Promise<{ response: Response; error?: AppError }> => {
    let client: ServerClient | null = null;
    const server = () => {
      client ??= createServerClient();
      return client;
    };
    try {
      const env = getEnv();
      if (options.access === "cron" || options.access === "metrics") {
        requireServerSecret(request, options.access);
      } else if (
        options.access !== "webhook" &&
        options.access !== "key" &&
        changesState(request)
      ) {
        refuseCrossSite(request, env.SITE_URL);
      }
      const address = clientAddress(request.headers, env.TRUSTED_PROXY_HOPS);
      if (options.rateLimit) {
        await enforceRateLimit(server(), options.rateLimit, addressSubject(address));
      }
      const caller = options.access === "key" ? readApiCaller(request) : undefined;
      let session: RequestSession | undefined;
      if (options.access === "user" || options.access === "browser" || options.access === "admin") {
        const token = request.headers.get("authorization");
        if (options.access === "browser" && token !== null) {
          throw new AppError("unauthenticated", {
            message: sentences.inBrowserOnly,
          });
        }
        const found = await readRequestSession(token, address);
        if (!found) throw new AppError("unauthenticated");
        session = found;
      }
      const rawParams = params;
      const rawQuery = queryObject(request.nextUrl);
      const readContext = async () =>
        ({
          request,
          requestId,
          language: languageFor(options, request),
          params: options.params ? parseInput(options.params, rawParams) : undefined,
          query: options.query ? parseInput(options.query, rawQuery) : undefined,
          body: await readBody(request, options),
          page: readPage(rawQuery, options.page),
          idempotencyKey: readKey(request, options.idempotencyKey),
          clock: systemClock,
          address,
          userAgent: request.headers.get("user-agent")?.slice(0, 500) ?? null,
          server,
          session,
          caller,
        }) as Context;

      try {
        const context = await readContext().catch(async (error: unknown) => {
          if (options.access === "key" && caller) {
            await checkApiCaller(server(), caller, options.scope);
          }
          throw options.access === "admin" && session
            ? await permissionFirst(error, options.permission, session)
            : error;
        });
        if (options.personLimit && session) {
          await enforceRateLimit(server(), options.personLimit, session.userId);
        }
        const result = await handle(context);
        if (options.access === "cron") logJob(request, result);
        // Packages, terms and switches are among what admins change.
        if (options.access === "admin" && changesState(request)) forgetCopies();
        if (result instanceof Response) return { response: result };
        return { response: ok(options.page ? withOpaqueCursor(result) : result) };
      } catch (error) {
        const isRefusal =
          error instanceof AppError &&
          (error.status === 403 || error.code === "own_account") &&
          !isRecordedRefusal(error);
        if (options.access === "admin" && changesState(request) && session && isRefusal) {
          // A path names at most one thing.
          const [entityId] = Object.values(rawParams ?? {});
          await recordRefusal(options, session, server(), entityId);
        }
        throw error;
      }
    } catch (error) {
      const known = error instanceof AppError ? error : new AppError("internal", { cause: error });
      if (known.status >= 500) {
        const route = apiPattern(request.nextUrl.pathname, params ?? {});
        const details = { requestId, route, err: known.cause ?? known };
        log().error(details, known.code);
      }
      const language = languageFor(options, request);
      return { response: failure(known, requestId, language), error: known };
    }
  };
  return async (request, { params }) => {
    const began = performance.now();
    const requestId = requestIdOf(request.headers);
    const rawParams = await params;
    const { response, error } = await withRequestId(requestId, () =>
      answer(request, rawParams, requestId),
    );
    noteRequest({
      requestId,
      method: request.method,
      route: apiPattern(request.nextUrl.pathname, rawParams ?? {}),
      status: response.status,
      ms: performance.now() - began,
      role: options.access,
      ...(error ? { code: error.code } : {}),
    });
    try {
      response.headers.set(REQUEST_ID_HEADER, requestId);
      return response;
    } catch {
      // A redirect's headers cannot be changed.
      const headers = new Headers(response.headers);
      headers.set(REQUEST_ID_HEADER, requestId);
      return new Response(response.body, { status: response.status, headers });
    }
  };
}

/** What a job did, in numbers alone: what went wrong with whom is in the database. */
function logJob(request: NextRequest, result: unknown): void {
  const counts = Object.fromEntries(
    Object.entries(result ?? {}).filter(([, value]) => typeof value === "number"),
  );
  log().info({ job: request.nextUrl.pathname.split("/").at(-1), ...counts }, "job");
}
