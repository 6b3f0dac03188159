import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`npm test -- e2e\``);
  return value;
}

/** Address of the served site. */
export const SITE_URL = required("E2E_BASE_URL").replace(/\/+$/, "");

/** Where the running system keeps what it writes down about itself. */
export const STACK_FILE = required("E2E_STACK");

/** The data directory of the system, in which account mails are kept. */
export const DATA_DIR = dirname(STACK_FILE);

/** Addresses and keys of the system under test. */
export const stack = z
  .object({
    dbUrl: z.string(),
    apiUrl: z.string(),
    publishableKey: z.string(),
    secretKey: z.string(),
  })
  .parse(JSON.parse(readFileSync(STACK_FILE, "utf8")));
