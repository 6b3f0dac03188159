import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EmailDriver, EmailMessage } from "@supabase/lite";

/** The mails of the auth server, as `supabase/config.toml` names and titles them. */
export const AUTH_MAILS = {
  confirmation: "Confirm your e-mail address",
  recovery: "Choose a new password",
  invite: "You have been invited",
  email_change: "Confirm the new e-mail address",
} as const;
export type AuthMail = keyof typeof AUTH_MAILS;

/** Where the template of a mail lies; a hosted project is given the same file. */
export const authMailTemplate = (mail: AuthMail): string =>
  fileURLToPath(new URL(`../../templates/${mail}.html`, import.meta.url));

/** One mail from its template, as the hosted auth server would fill it in. */
export function renderAuthMail(
  mail: AuthMail,
  to: string,
  values: { SiteURL: string; TokenHash: string },
): EmailMessage {
  const known: Record<string, string> = { ...values, Email: to };
  const html = readFileSync(authMailTemplate(mail), "utf8").replace(
    /\{\{ \.(\w+) \}\}/g,
    (whole, name: string) => known[name] ?? whole,
  );
  return { to, subject: AUTH_MAILS[mail], html };
}

/** What a person reads of an HTML mail. */
const readable = (html: string): string =>
  html
    .replace(/<(head|style)[\s\S]*?<\/\1>/g, "")
    .replace(/<[^>]+>/g, "\n")
    .replaceAll("&amp;", "&")
    .replace(/\s*\n\s*/g, "\n")
    .trim();

/**
 * Keeps the mails of the embedded auth server (confirmation, password and the like) as files
 * instead of sending them: `auth-mails/TIME-ID.json` with recipient, subject, text, link and token
 * hash.
 */
export function authMailCapture(dataDir: string, log: (line: string) => void): EmailDriver {
  const folder = join(dataDir, "auth-mails");
  return {
    async send(message: EmailMessage) {
      const html = message.html ?? "";
      const href = /href="([^"]+\/auth\/confirm\?[^"]+)"/.exec(html)?.[1] ?? null;
      const link = href?.replaceAll("&amp;", "&") ?? null;
      const tokenHash = link ? new URL(link).searchParams.get("token_hash") : null;
      const sentAt = new Date().toISOString();
      const text = html === "" ? (message.text ?? "") : readable(html);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, `${sentAt.replaceAll(":", "-")}-${randomUUID().slice(0, 8)}.json`);
      const mail = { to: message.to, subject: message.subject, sentAt, link, tokenHash, text };
      writeFileSync(file, `${JSON.stringify(mail, null, 2)}\n`, { mode: 0o600 });
      log(`Mail "${message.subject}" to ${message.to} kept in ${file}`);
    },
  };
}
