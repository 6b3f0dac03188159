import { randomUUID } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { type KeepingTimes, KeptCopies } from "@/lib/kept-copies";
import { acceptedLanguage, type Language } from "@/lib/language/languages";
import { log } from "@/lib/log";

/**
 * Copies of the pages that everybody sees alike who brings nothing: no cookie, no query, no header of
 * the framework. Whoever has an invitation, a session or a chosen language brings a cookie, so no copy is
 * ever theirs. There is a copy for each language that browsers ask for.
 */

/** Pages that show nothing but what the provider offers. */
const PAGES = new Set(["/", "/packages", "/refer", "/terms"]);

/** What a page depends on besides its address; whoever sends one of these gets a page of their own. */
const OWN = /^(?:cookie|authorization|rsc|next-.*|x-nextjs-.*|x-middleware-.*)$/;

/** What belongs to one answer, not to the page. */
const OF_ONE_ANSWER = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "transfer-encoding",
  "x-request-id",
]);

const POLICY = "content-security-policy";

/** A page without the nonce that its scripts need: every answer has one of its own. */
interface PageCopy {
  headers: OutgoingHttpHeaders;
  policy: string[];
  html: string[];
}

/** The page as it was answered once. @throws Error when it is not a whole page for everybody. */
async function copyOf(response: Response): Promise<PageCopy> {
  const html = await response.text();
  if (response.status !== 200) throw new Error(`the page answered ${response.status}`);
  if (response.headers.has("set-cookie")) throw new Error("the page sets a cookie");
  const policy = response.headers.get(POLICY) ?? "";
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
  const headers = [...response.headers].filter(
    ([name]) => !OF_ONE_ANSWER.has(name) && name !== POLICY,
  );
  return {
    headers: Object.fromEntries(headers),
    policy: nonce === undefined ? [policy] : policy.split(nonce),
    html: nonce === undefined ? [html] : html.split(nonce),
  };
}

/** How long a page may take, in milliseconds. */
const LONGEST_RENDER_MS = 30_000;

const mayBeCopied = ({ method, url = "", headers }: IncomingMessage): boolean =>
  (method === "GET" || method === "HEAD") &&
  PAGES.has(url) &&
  !Object.keys(headers).some((name) => OWN.test(name));

/**
 * Answers with a copy where one may be shown.
 *
 * @param times how long copies are kept.
 * @param render asks this server for a page as it is now.
 */
export function pageCopies(
  times: KeepingTimes,
  render: (path: string, language: Language, signal: AbortSignal) => Promise<Response>,
) {
  const kept = new KeptCopies<PageCopy>(times);
  return {
    /** Whether the request was, or will be, answered here. */
    async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
      const { url = "" } = request;
      if (times.freshMs === 0 || !mayBeCopied(request)) return false;
      const language = acceptedLanguage(request.headers["accept-language"]);
      let copy: PageCopy;
      try {
        copy = await kept.get(`${language} ${url}`, async () =>
          copyOf(await render(url, language, AbortSignal.timeout(LONGEST_RENDER_MS))),
        );
      } catch (error) {
        // The page says itself what is wrong.
        log().debug({ err: error, url }, "a page is shown without a copy");
        return false;
      }
      const nonce = randomUUID().replaceAll("-", "");
      response.writeHead(200, { ...copy.headers, [POLICY]: copy.policy.join(nonce) });
      response.end(copy.html.join(nonce));
      return true;
    },
  };
}
export type PageCopies = ReturnType<typeof pageCopies>;
