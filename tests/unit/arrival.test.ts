import { describe, expect, test } from "vitest";
import { arrivalOf } from "@/lib/orders/arrival";

const ANDROID =
  "Mozilla/5.0 (Linux; Android 14; SM-A146P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";

const arrival = (headers: Record<string, string>) => arrivalOf(new Headers(headers));

describe("an arrival", () => {
  test.each([
    [ANDROID],
    [`${ANDROID} Instagram 300.0.0.1`],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/400.0]",
    ],
  ])("in a browser, also of an app, is a visit: %s", (userAgent) => {
    expect(arrival({ "user-agent": userAgent })).toBe("visit");
  });

  test.each([
    ["WhatsApp/2.23.20.0 A"],
    ["facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"],
    ["Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"],
    ["TelegramBot (like TwitterBot)"],
    ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"],
    ["curl/8.5.0"],
    [""],
  ])("of a program is none: %s", (userAgent) => {
    expect(arrival({ "user-agent": userAgent })).toBe("bot");
  });

  test("without a name is a program's", () => {
    expect(arrival({})).toBe("bot");
  });

  test.each([
    ["sec-purpose", "prefetch"],
    ["sec-purpose", "prefetch;prerender"],
    ["purpose", "prefetch"],
    ["x-purpose", "preview"],
    ["x-moz", "prefetch"],
    ["sec-fetch-dest", "empty"],
  ])("that a browser fetched ahead (%s: %s) is none", (name, value) => {
    expect(arrival({ "user-agent": ANDROID, [name]: value })).toBe("ahead");
  });
});
