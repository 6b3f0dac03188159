import { isIP } from "node:net";
import type { Env } from "@/lib/env";

const plainHost = (host: string) => host.replace(/^\[(.*)\]$/, "$1").toLowerCase();

function isLoopback(host: string): boolean {
  const plain = plainHost(host);
  if (isIP(plain) === 4) return plain.startsWith("127.");
  return plain === "::1" || plain === "localhost" || plain.endsWith(".localhost");
}

/**
 * What is allowed but likely a mistake, one sentence or two for each.
 *
 * @param siteUrlGiven whether SITE_URL was set, rather than derived from the port.
 */
export function launchWarnings(
  env: Pick<Env, "embedded" | "HOST" | "SITE_URL">,
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
  const { protocol, hostname } = new URL(env.SITE_URL);
  if (protocol === "https:" || isLoopback(hostname)) return [];
  return [
    `SITE_URL=${env.SITE_URL} is not https, so session cookies are sent without encryption. Use the https address of the site.`,
  ];
}
