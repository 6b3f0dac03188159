/** The mails of the embedded auth server, which keeps them as files. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { eventually } from "./eventually";

const keptMail = z.object({ to: z.string(), link: z.string().nullable() });

/** Links of the account mails to one address, oldest first. */
export function linksTo(dataDir: string, email: string): string[] {
  const folder = join(dataDir, "auth-mails");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => keptMail.parse(JSON.parse(readFileSync(join(folder, name), "utf8"))))
    .flatMap(({ to, link }) => (to === email && link ? [link] : []));
}

/** The link of the newest account mail to an address; waits for it. */
export function linkTo(dataDir: string, email: string): Promise<string> {
  return eventually(async () => linksTo(dataDir, email).at(-1));
}
