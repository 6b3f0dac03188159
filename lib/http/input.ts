import type { z } from "zod";
import { AppError } from "@/lib/errors";
import { sentences } from "@/lib/language/messages/en/sentences";

const MAX_BODY_BYTES = 64 * 1024;
const MAX_DEPTH = 16;

/** Text that Postgres and JSON can hold: no NUL, no half of a surrogate pair. */
const isStorable = (text: string) => !text.includes("\u0000") && text.isWellFormed();

function checkStorable(value: unknown, path: string, depth: number): void {
  if (depth > MAX_DEPTH) {
    throw new AppError("invalid_request", { message: sentences.tooDeep });
  }
  if (typeof value === "string" && !isStorable(value)) {
    throw new AppError("invalid_request", {
      fields: { [path || "body"]: sentences.unstorable },
    });
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      checkStorable(item, path ? `${path}.${index}` : String(index), depth + 1);
    });
  } else if (value !== null && typeof value === "object") {
    for (const [key, item] of Object.entries(value)) {
      if (!isStorable(key)) throw new AppError("invalid_request");
      checkStorable(item, path ? `${path}.${key}` : key, depth + 1);
    }
  }
}

/** Sentences for what a schema does not put into words itself. */
const plainWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "invalid_type" && issue.input === undefined) return sentences.missing;
  if (issue.code === "too_big") return sentences.tooLarge;
  if (issue.code === "too_small") return sentences.tooSmall;
  return sentences.notValid;
};

/** Validates with a schema; problems come back keyed by field path. @throws AppError `invalid_request` */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  checkStorable(value, "", 0);
  const parsed = schema.safeParse(value, { error: plainWords });
  if (parsed.success) return parsed.data;
  const fields: Record<string, string> = {};
  for (const issue of parsed.error.issues) {
    const path = issue.path.join(".") || "body";
    fields[path] ??= issue.message;
  }
  throw new AppError("invalid_request", { fields });
}

async function readLimited(request: Request, maxBytes: number): Promise<string> {
  const declared = Number(request.headers.get("content-length") ?? "0");
  if (declared > maxBytes) throw new AppError("payload_too_large");
  const reader = request.body?.getReader();
  if (!reader) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      // The client closed the connection, or sent less than it announced.
      throw new AppError("invalid_request", { message: sentences.cutShort, cause });
    });
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw new AppError("payload_too_large");
    }
    chunks.push(value);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new AppError("invalid_request", { message: sentences.notText, cause });
  }
}

/** The content type without its parameters, in lower case. */
const typeOf = (request: Request): string | undefined =>
  (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();

/** A body that is text and no JSON: its content type, and how many bytes it may have. */
export interface TextBody {
  type: string;
  maxBytes: number;
}

/**
 * Reads a body of plain text, a CSV file for example.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large` or `invalid_request`.
 */
export async function readTextBody<S extends z.ZodType>(
  request: Request,
  { type, maxBytes }: TextBody,
  schema: S,
): Promise<z.infer<S>> {
  if (typeOf(request) !== type) {
    throw new AppError("unsupported_media_type", { message: `Please send the file as ${type}.` });
  }
  return parseInput(schema, await readLimited(request, maxBytes));
}

/**
 * Reads a JSON body of at most 64 KiB.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large` or `invalid_request`.
 */
export async function readJsonBody<S extends z.ZodType>(
  request: Request,
  schema: S,
): Promise<z.infer<S>> {
  if (typeOf(request) !== "application/json") throw new AppError("unsupported_media_type");
  const text = await readLimited(request, MAX_BODY_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_request", { message: sentences.notJson, cause });
  }
  return parseInput(schema, value);
}

/**
 * Reads the fields of a plain form of at most 64 KiB; a repeated name counts once, the last one.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large` or `invalid_request`.
 */
export async function readFormBody(request: Request): Promise<Record<string, string>> {
  if (typeOf(request) !== "application/x-www-form-urlencoded") {
    throw new AppError("unsupported_media_type");
  }
  return Object.fromEntries(new URLSearchParams(await readLimited(request, MAX_BODY_BYTES)));
}

/** The query string as a plain object; a repeated name counts once, the last one. */
export function queryObject(url: URL): Record<string, string> {
  return Object.fromEntries(url.searchParams.entries());
}
