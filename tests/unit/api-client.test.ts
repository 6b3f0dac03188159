import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiError, fetchJson, getJson, sendJson, sentenceOf } from "@/components/api-client";

const answers = (status: number, body: unknown) =>
  vi.fn<typeof fetch>(async () => new Response(JSON.stringify(body), { status }));

afterEach(() => vi.unstubAllGlobals());

describe("a request to our own API", () => {
  test("is sent as JSON with its method and headers, and gives the data of the answer", async () => {
    const fetch = answers(200, { success: true, data: { id: "one" } });
    vi.stubGlobal("fetch", fetch);
    const result = await sendJson("/api/things", {
      method: "PUT",
      body: { name: "thing" },
      headers: { "idempotency-key": "key" },
    });
    expect(result).toEqual({ ok: true, data: { id: "one" } });
    expect(fetch).toHaveBeenCalledWith("/api/things", {
      method: "PUT",
      headers: { "content-type": "application/json", "idempotency-key": "key" },
      body: '{"name":"thing"}',
      credentials: "same-origin",
      cache: "no-store",
    });
  });

  test("that is refused gives code, message and fields, and was certainly not carried out", async () => {
    vi.stubGlobal(
      "fetch",
      answers(422, {
        success: false,
        error: { code: "invalid_request", message: "Please check.", fields: { a: "Wrong.", b: 1 } },
      }),
    );
    const result = await sendJson("/api/things");
    expect(result).toEqual({
      ok: false,
      status: 422,
      code: "invalid_request",
      message: "Please check.",
      fields: { a: "Wrong." },
      isUncertain: false,
    });
    if (!result.ok) expect(sentenceOf(result)).toBe("Wrong.");
  });

  test.each([
    [
      "an error of the server",
      answers(500, { success: false, error: { code: "internal", message: "m" } }),
    ],
    ["an answer that is not ours", answers(502, "<html>")],
    ["an answer that is not JSON", vi.fn(async () => new Response("gateway", { status: 504 }))],
    ["no answer", vi.fn(async () => Promise.reject(new TypeError("failed")))],
  ])("may have been carried out after %s", async (_case, fetch) => {
    vi.stubGlobal("fetch", fetch);
    expect(await sendJson("/api/things")).toMatchObject({ ok: false, isUncertain: true });
  });

  test("without an answer says that the server could not be reached", async () => {
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => Promise.reject(new TypeError("failed"))),
    );
    expect(await getJson("/api/things")).toMatchObject({ status: 0, code: "unreachable" });
  });

  test("throws the status and the message for code that expects an error", async () => {
    const error = { code: "unauthorized", message: "Please sign in." };
    vi.stubGlobal("fetch", answers(401, { success: false, error }));
    const thrown = await fetchJson("/api/things").catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(ApiError);
    expect(thrown).toMatchObject({ status: 401, message: "Please sign in." });
  });
});

test("components reach the network through the client of the API only", () => {
  const folder = fileURLToPath(new URL("../../components", import.meta.url));
  const callers = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .filter((path) => /\bfetch\(|XMLHttpRequest/.test(readFileSync(join(folder, path), "utf8")));
  expect(callers).toEqual(["api-client.ts"]);
});
