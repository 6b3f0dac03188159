import "server-only";
import { z } from "zod";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";

/** What a page needs to show the check. */
export interface CaptchaSettings {
  provider: "turnstile" | "hcaptcha";
  siteKey: string;
}

/** A body's token of the check; absent where none is asked for. */
export const captchaToken = z.string().max(5_000).optional();

const VERIFY: Readonly<Record<CaptchaSettings["provider"], string>> = {
  turnstile: "https://challenges.cloudflare.com/turnstile/v0/siteverify",
  hcaptcha: "https://api.hcaptcha.com/siteverify",
};
const PATIENCE_MS = 5_000;

/** The check that this deployment asks for; null when none is set up. */
export function captchaSettings(): CaptchaSettings | null {
  const { CAPTCHA_PROVIDER: provider, CAPTCHA_SITE_KEY: siteKey } = getEnv();
  return provider && siteKey ? { provider, siteKey } : null;
}

/**
 * Checks that a person sent the request, where this deployment asks for it. The auth server does
 * not check it again: it lets requests with the secret key pass.
 *
 * @throws AppError `captcha_failed` without a valid token; `unavailable` when the provider does
 *   not answer.
 */
export async function requirePerson(
  token: string | undefined,
  address: string | null,
): Promise<void> {
  const settings = captchaSettings();
  const { CAPTCHA_SECRET_KEY: secret } = getEnv();
  if (!settings || !secret) return;
  if (!token) throw new AppError("captcha_failed");
  let verdict: unknown;
  try {
    const response = await fetch(VERIFY[settings.provider], {
      method: "POST",
      body: new URLSearchParams({
        secret,
        response: token,
        ...(address === null ? {} : { remoteip: address }),
      }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    verdict = await response.json();
  } catch (cause) {
    throw new AppError("unavailable", { cause });
  }
  const parsed = z.object({ success: z.boolean() }).safeParse(verdict);
  if (!parsed.success) throw new AppError("unavailable", { cause: verdict });
  if (!parsed.data.success) throw new AppError("captcha_failed", { cause: verdict });
}

/** What the content policy has to allow for the check; nothing when none is set up. */
export function captchaSources(): { frames: string; connections: string; styles: string } {
  switch (captchaSettings()?.provider) {
    case "turnstile":
      return { frames: " https://challenges.cloudflare.com", connections: "", styles: "" };
    case "hcaptcha": {
      const hosts = " https://hcaptcha.com https://*.hcaptcha.com";
      return { frames: hosts, connections: hosts, styles: hosts };
    }
    default:
      return { frames: "", connections: "", styles: "" };
  }
}
