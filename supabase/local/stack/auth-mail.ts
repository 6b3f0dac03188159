import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EmailDriver, EmailMessage } from "@supabase/lite";

/**
 * Keeps the mails of the embedded auth server (password reset and the like) as files instead of
 * sending them: `auth-mails/TIME-ID.json` with recipient, subject, text, link and token hash.
 */
export function authMailCapture(
  dataDir: string,
  siteUrl: string,
  apiUrl: string,
  log: (line: string) => void,
): EmailDriver {
  const folder = join(dataDir, "auth-mails");
  return {
    async send(message: EmailMessage) {
      const text = (message.text ?? message.html ?? "").replaceAll("&amp;", "&");
      const found = /https?:\/\/[^\s"'<>]+\/auth\/v1\/verify\?[^\s"'<>]+/.exec(text)?.[0] ?? null;
      // The auth server answers at the API's address, not at the site's.
      const link = found?.replace(`${siteUrl}/auth/v1/`, `${apiUrl}/auth/v1/`) ?? null;
      const tokenHash = link ? new URL(link).searchParams.get("token") : null;
      const sentAt = new Date().toISOString();
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, `${sentAt.replaceAll(":", "-")}-${randomUUID().slice(0, 8)}.json`);
      const mail = { to: message.to, subject: message.subject, sentAt, link, tokenHash, text };
      writeFileSync(file, `${JSON.stringify(mail, null, 2)}\n`, { mode: 0o600 });
      log(`Mail "${message.subject}" to ${message.to} kept in ${file}`);
    },
  };
}
