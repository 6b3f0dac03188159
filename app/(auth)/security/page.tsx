import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { SecondFactorSetup } from "@/components/account/sign-in/second-factor-setup";
import { LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { homeOf } from "@/lib/access/home";
import { getPageSession } from "@/lib/composition/page-session";
import { ownSecondFactors } from "@/lib/composition/second-factors";
import { enterCode } from "../actions";

export const metadata: Metadata = { title: "Sign-in and password" };

/** How the signed-in person signs in: the password, and the second factor. */
export default async function SecurityPage() {
  const page = await getPageSession();
  if (!page) redirect("/sign-in?next=/security");
  const { isAvailable, factors } = await ownSecondFactors();
  const { session } = page;
  if (session.needs_second_factor && factors.length > 0) redirect("/sign-in/code?next=/security");
  const home = homeOf(session);

  return (
    <AuthCard title="Sign-in and password">
      <div className="flex flex-col gap-8">
        {session.needs_second_factor ? (
          <Notice tone="warning" title="Your team needs a second factor">
            Set up an authenticator app below. Until then the admin area stays closed.
          </Notice>
        ) : null}
        <section aria-labelledby="password-title">
          <h2 id="password-title" className="font-semibold text-base">
            Password
          </h2>
          <p className="mt-1 mb-4 text-sm text-text-muted">
            Changing it ends your sessions on other devices.
          </p>
          <LinkButton href="/reset-password?next=/security">Change the password</LinkButton>
        </section>
        <section aria-labelledby="factor-title">
          <h2 id="factor-title" className="font-semibold text-base">
            Second factor
          </h2>
          <p className="mt-1 mb-4 text-sm text-text-muted">
            With an authenticator app on your phone, your password alone opens nothing.
          </p>
          {isAvailable ? (
            <SecondFactorSetup
              enterCode={enterCode}
              factors={factors}
              timeZone={session.time_zone}
            />
          ) : (
            <Notice>The sign-in server of this installation offers no second factor.</Notice>
          )}
        </section>
        <LinkButton href={home} variant="ghost">
          Back
        </LinkButton>
      </div>
    </AuthCard>
  );
}
