import type { NextRequest } from "next/server";
import { AppError, type ErrorCode } from "@/lib/errors";
import { REQUEST_ID_HEADER, requestIdOf } from "@/lib/request-context";
import { failure } from "./envelope";
import { noteRequest } from "./request-metrics";
import { apiPattern } from "./route-pattern";

type NextContext = { params: Promise<Record<string, string | string[] | undefined>> };
export type RouteHandler = (request: NextRequest, context: NextContext) => Promise<Response>;

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
type Method = (typeof METHODS)[number];

/** A handler that answers every request with one refusal. */
export function refusal(code: ErrorCode, headers: Readonly<Record<string, string>> = {}) {
  return async (request: NextRequest, { params }: NextContext): Promise<Response> => {
    const error = new AppError(code);
    const requestId = requestIdOf(request.headers);
    const route = apiPattern(request.nextUrl.pathname, (await params) ?? {});
    const { method } = request;
    noteRequest({ requestId, method, route, status: error.status, ms: 0, role: "public", code });
    const response = failure(error);
    response.headers.set(REQUEST_ID_HEADER, requestId);
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    return response;
  };
}

/**
 * The exports of a route file: the given handlers, and for every other method an answer in the
 * API's own error shape.
 */
export function endpoint(
  handlers: Partial<Record<Method, RouteHandler>>,
): Record<Method, RouteHandler> {
  const allow = METHODS.filter((method) => handlers[method]).join(", ");
  const refuse: RouteHandler = refusal("method_not_allowed", { allow });
  return {
    GET: handlers.GET ?? refuse,
    POST: handlers.POST ?? refuse,
    PUT: handlers.PUT ?? refuse,
    PATCH: handlers.PATCH ?? refuse,
    DELETE: handlers.DELETE ?? refuse,
  };
}
