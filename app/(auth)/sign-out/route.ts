import { NextResponse } from "next/server";
import { signInService } from "@/lib/composition/services";
import { getEnv } from "@/lib/env";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { readFormBody } from "@/lib/http/input";
import { visitorAuth } from "@/lib/http/request-session";

/**
 * Ends the session of a browser that posts the form by itself, or all sessions of its person, and
 * shows the start page.
 */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route({ access: "public" }, async ({ request, server, address }) => {
    const { scope } = await readFormBody(request);
    const signIn = signInService(server(), await visitorAuth(address));
    await signIn.signOut(scope === "everywhere" ? "everywhere" : "here");
    return NextResponse.redirect(new URL("/", getEnv().SITE_URL), 303);
  }),
});
