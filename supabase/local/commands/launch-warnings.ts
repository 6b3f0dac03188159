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
