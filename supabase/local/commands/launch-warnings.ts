import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { Env } from "@/lib/env";

function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (isIP(plain) !== 0) return ipaddr.process(plain).range() === "loopback";
  return plain === "localhost" || plain.endsWith(".localhost");
}

/**
 * What is allowed but likely a mistake, one sentence or two for each.
 *
 * @param siteUrlGiven whether SITE_URL was set, rather than derived from the port.
 */
export function launchWarnings(
  env: Pick<Env, "embedded" | "HOST" | "SITE_URL" | "RESEND_API_KEY">,
  siteUrlGiven: boolean,
): string[] {
  if (env.embedded) {
    return isLoopback(env.HOST)
      ? []
      : [
          `HOST=${env.HOST} lets other machines in, and the demo accounts have a password that anybody can read here. Leave HOST empty unless you trust the network.`,
        ];
  }
  if (!siteUrlGiven) {
    return [
      `SITE_URL is not set, so links in mails lead to ${env.SITE_URL} and session cookies are sent without encryption too. Set it to the public https address of the site.`,
    ];
  }
  if (!env.RESEND_API_KEY) {
    return [
      "RESEND_API_KEY is not set, so no mail leaves: mails are kept in the admin's mailbox. Set it to the key of your Resend account.",
    ];
  }
  return [];
}

const isUnset = (value: string | undefined): boolean => (value ?? "").trim() === "";

/** What a site that sends mails cannot run without. */
function mailRefusals(env: Pick<Env, "RESEND_API_KEY">, source: NodeJS.Dict<string>): string[] {
  if (!env.RESEND_API_KEY) return [];
  return (["EMAIL_FROM", "ALERT_EMAIL"] as const)
    .filter((name) => isUnset(source[name]))
    .map((name) =>
      name === "EMAIL_FROM"
        ? "EMAIL_FROM: is not set, so mails would have the sender of the demo. Set it to an address of your own domain."
        : "ALERT_EMAIL: is not set, so alerts would go to the address of the demo. Set it to an address that the team reads.",
    );
}

/**
 * What a site cannot run without, one sentence for each variable: on a named project, and wherever
 * mails leave. Empty: it may start.
 */
export function launchRefusals(
  env: Pick<Env, "embedded" | "SITE_URL" | "CRON_SECRET" | "RESEND_API_KEY">,
  source: NodeJS.Dict<string>,
): string[] {
  const refusals = mailRefusals(env, source);
  if (env.embedded) return refusals;
  if (!env.CRON_SECRET) {
    refusals.push(
      "CRON_SECRET: is not set, so no scheduler could start the jobs. Set it to a random text of 16 characters or more, for example from `openssl rand -base64 32`.",
    );
  }
  if (!env.RESEND_API_KEY && isUnset(source.EMAIL_FROM)) {
    refusals.push(
      "EMAIL_FROM: is not set, so mails would have the sender of the demo. Set it to an address of your own domain.",
    );
  }
  const { protocol, hostname } = new URL(env.SITE_URL);
  if (protocol !== "https:" && !isLoopback(hostname)) {
    refusals.push(
      `SITE_URL: ${env.SITE_URL} is not https, so session cookies would be sent without encryption. Set it to the https address of the site.`,
    );
  }
  return refusals;
}
