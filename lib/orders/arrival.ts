import { isbot } from "isbot";

/**
 * How a request with an invitation arrived. `visit`: a person followed the link. `bot`: a program
 * read it, such as a crawler or the preview of a messenger. `ahead`: a browser fetched it before
 * anybody followed it, and may never show it, or a page that is open asked for itself again.
 */
export type Arrival = "visit" | "bot" | "ahead";

const FETCHED_AHEAD = /prefetch|prerender|preview/i;

/** Whether a request comes from a program and not from a browser, which always names itself. */
export const isProgram = (userAgent: string | null): boolean =>
  !userAgent?.trim() || isbot(userAgent);

/** Tells the arrivals of people from those of programs, by the headers of the request. */
export function arrivalOf(headers: Headers): Arrival {
  const purposes = ["sec-purpose", "purpose", "x-purpose", "x-moz"].map((name) =>
    headers.get(name),
  );
  // Our own scripts fetch pages ahead, and pages that are open anew. A followed link navigates.
  if (headers.get("sec-fetch-dest") === "empty") return "ahead";
  if (purposes.some((one) => FETCHED_AHEAD.test(one ?? ""))) return "ahead";
  return isProgram(headers.get("user-agent")) ? "bot" : "visit";
}
