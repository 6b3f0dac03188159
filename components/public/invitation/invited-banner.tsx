import { Share2, UserRoundCheck } from "lucide-react";
import type { ReactNode } from "react";
import { TextLink } from "@/components/ui/button";
import type { Texts } from "@/lib/language/translator";
import type { InvitationStanding } from "@/lib/referrals/schemas";

export type InvitedBannerProps = {
  /** First name of the person who invited, as it is shown. */
  firstName: string;
  /** What the invitation is to the person who looks at the page. */
  standing: InvitationStanding;
  t: Texts<"landing">;
};

function Text({ firstName, standing, t }: InvitedBannerProps): ReactNode {
  if (standing === "own_code") {
    return (
      <>
        <span>{t("banner.own")}</span> <span>{t("banner.ownText")}</span>{" "}
        <TextLink href="/dashboard">{t("banner.seeJoined")}</TextLink>
      </>
    );
  }
  const name = () => <bdi className="font-semibold">{firstName}</bdi>;
  if (standing === "customer") {
    return (
      <>
        <span>{t.rich("banner.customer", { name })}</span>{" "}
        <TextLink href="/dashboard">{t("banner.inviteYourself")}</TextLink>
      </>
    );
  }
  return <span>{t.rich("banner.invitedBy", { name })}</span>;
}

/** A line above the page for people who followed a friend's link, or their own. */
export function InvitedBanner(props: InvitedBannerProps) {
  const Icon = props.standing === "own_code" ? Share2 : UserRoundCheck;
  return (
    <aside
      aria-label={props.t("banner.label")}
      className="bg-accent-soft text-sm"
      data-print="hidden"
    >
      <p className="mx-auto flex min-h-10 max-w-6xl items-center gap-2 px-4 py-2 sm:px-6">
        <Icon aria-hidden="true" className="size-4 shrink-0 text-accent-strong" />
        <span className="wrap-anywhere min-w-0">
          <Text {...props} />
        </span>
      </p>
    </aside>
  );
}
