/** Servers of the production build for one test file alone. */
import { type Site, serveSite } from "@/supabase/local/commands/next-server";
import { freePorts } from "@/supabase/local/process/ports";
import { neutralEnvironment } from "@/supabase/local/process/project";

export type { Site };

/** What the site needs to know of the system behind it. */
export interface Upstream {
  apiUrl: string;
  publishableKey: string;
  secretKey: string;
  cronSecret: string;
}

/** Settings of a server behind one proxy whose limits no test reaches. */
export const ROOMY = { RATE_LIMIT_FACTOR: "1000", TRUSTED_PROXY_HOPS: "1" };

/** The environment of a server; nothing of this process's own settings gets through. */
export const siteEnvironment = (
  { apiUrl, publishableKey, secretKey, cronSecret }: Upstream,
  changes: Record<string, string> = {},
): NodeJS.Dict<string> => ({
  ...neutralEnvironment(),
  SUPABASE_URL: apiUrl,
  SUPABASE_PUBLISHABLE_KEY: publishableKey,
  SUPABASE_SECRET_KEY: secretKey,
  CRON_SECRET: cronSecret,
  LOG_LEVEL: "silent",
  // Tests look at what they have just changed.
  PUBLIC_COPY_SECONDS: "0",
  ...changes,
});

/** Serves the site on a free port. */
export async function ownSite(
  upstream: Upstream,
  changes: Record<string, string> = {},
  log: (line: string) => void = () => {},
): Promise<Site> {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  return serveSite({
    mode: "start",
    host: "127.0.0.1",
    port,
    log,
    env: siteEnvironment(upstream, { SITE_URL: url, ...changes }),
  });
}
