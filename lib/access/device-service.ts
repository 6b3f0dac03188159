import { createHash } from "node:crypto";
import { z } from "zod";
import { log } from "@/lib/log";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

/** Browsers by what only their own identification contains; those that others imitate come last. */
const BROWSERS = [
  ["Edge", /\bEdg(e|A|iOS)?\//],
  ["Opera", /\bOPR\//],
  ["Samsung Internet", /\bSamsungBrowser\//],
  ["Firefox", /\b(Firefox|FxiOS)\//],
  ["Chrome", /\b(Chrome|CriOS)\//],
  ["Safari", /\bSafari\//],
] as const;

const SYSTEMS = [
  ["an iPhone", /\biPhone\b/],
  ["an iPad", /\biPad\b/],
  ["Android", /\bAndroid\b/],
  ["Windows", /\bWindows\b/],
  ["ChromeOS", /\bCrOS\b/],
  ["a Mac", /\bMacintosh\b/],
  ["Linux", /\bLinux\b/],
] as const;

const first = (list: readonly (readonly [string, RegExp])[], text: string): string | null =>
  list.find(([, pattern]) => pattern.test(text))?.[0] ?? null;

/** A browser in words, by how it identifies itself: `Firefox on Windows`. Anybody can claim that. */
export function describeDevice(userAgent: string | null): string {
  const browser = first(BROWSERS, userAgent ?? "");
  const system = first(SYSTEMS, userAgent ?? "");
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? (system ? `a browser on ${system}` : "an unknown browser");
}

/** What the cookie of a browser holds: 256 random bits. */
export const deviceIdSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** A browser as the database knows it: by the hash of what its cookie holds, and in words. */
export interface Device {
  hash: string;
  name: string;
}

/** Only the hash is stored: whoever reads the database must not pass for a known device. */
export const deviceOf = (deviceId: string, userAgent: string | null): Device => ({
  hash: createHash("sha256").update(deviceId).digest("hex"),
  name: describeDevice(userAgent),
});

/**
 * Notes that an account was signed in to with a browser. Its owner is told by mail when the browser
 * is new to an account that knows another one. A sign-in does not fail because of it.
 *
 * @returns whether the owner is told.
 */
export async function noteDevice(
  server: ServerClient,
  userId: string,
  device: Device,
): Promise<boolean> {
  try {
    return await callRpc(
      server,
      "note_device",
      {
        p_auth_user_id: userId,
        p_device_hash: device.hash,
        p_device: device.name,
      },
      z.boolean(),
    );
  } catch (error) {
    log().error({ err: error }, "the device of a sign-in was not noted");
    return false;
  }
}
