import "server-only";
import { randomBytes } from "node:crypto";
import { cookies, headers } from "next/headers";
import { deviceIdSchema, noteDevice } from "@/lib/access/device-service";
import { getEnv } from "@/lib/env";
import type { ServerClient } from "@/lib/supabase/clients";
import { deliverMailsAfterResponse } from "./after-response";

const DEVICE_COOKIE = "device";
/** Browsers keep no cookie longer. */
const DEVICE_SECONDS = 400 * 24 * 60 * 60;

/**
 * Notes that the visitor's browser was signed in to an account, by a cookie of its own that lasts
 * 400 days. The owner of the account is told by mail of one that is new to it.
 */
export async function noteVisitorDevice(server: ServerClient, userId: string): Promise<void> {
  const [jar, head] = await Promise.all([cookies(), headers()]);
  const known = deviceIdSchema.safeParse(jar.get(DEVICE_COOKIE)?.value).data;
  const deviceId = known ?? randomBytes(32).toString("hex");
  jar.set(DEVICE_COOKIE, deviceId, {
    httpOnly: true,
    sameSite: "lax",
    secure: getEnv().SITE_URL.startsWith("https://"),
    path: "/",
    maxAge: DEVICE_SECONDS,
  });
  if (await noteDevice(server, { userId, deviceId, userAgent: head.get("user-agent") })) {
    deliverMailsAfterResponse();
  }
}
