import "server-only";
import { randomBytes } from "node:crypto";
import { cookies, headers } from "next/headers";
import { type Device, deviceIdSchema, deviceOf, noteDevice } from "@/lib/access/device-service";
import { getEnv } from "@/lib/env";
import type { ServerClient } from "@/lib/supabase/clients";
import { deliverMailsAfterResponse } from "./after-response";

const DEVICE_COOKIE = "device";
/** Browsers keep no cookie longer. */
const DEVICE_SECONDS = 400 * 24 * 60 * 60;

/**
 * The visitor's browser, by a cookie of its own that lasts 400 days.
 *
 * @returns also what keeps the cookie, for a visitor who is signed in.
 */
export async function visitorDevice(): Promise<Device & { keep(): void }> {
  const [jar, head] = await Promise.all([cookies(), headers()]);
  const known = deviceIdSchema.safeParse(jar.get(DEVICE_COOKIE)?.value).data;
  const deviceId = known ?? randomBytes(32).toString("hex");
  const keep = () => {
    jar.set(DEVICE_COOKIE, deviceId, {
      httpOnly: true,
      sameSite: "lax",
      secure: getEnv().SITE_URL.startsWith("https://"),
      path: "/",
      maxAge: DEVICE_SECONDS,
    });
  };
  return { ...deviceOf(deviceId, head.get("user-agent")), keep };
}

/**
 * Notes that the visitor's browser was signed in to an account. The owner of the account is told by
 * mail of one that is new to it.
 */
export async function noteVisitorDevice(server: ServerClient, userId: string): Promise<void> {
  const { keep, ...device } = await visitorDevice();
  keep();
  if (await noteDevice(server, userId, device)) deliverMailsAfterResponse();
}
