import { Share2, UserRoundCheck } from "lucide-react";
import type { ReactNode } from "react";
import { TextLink } from "@/components/ui/button";
import type { InvitationStanding } from "@/lib/referrals/schemas";

export type InvitedBannerProps = {
  /** First name of the person who invited, as it is shown. */
  firstName: string;
  /** What the invitation is to the person who looks at the page. */
  standing: InvitationStanding;
};

function Text({ firstName, standing }: InvitedBannerProps): ReactNode {
  if (standing === "own_code") {
    return (
      <>
        <span>This is your own invitation link.</span> <span>It is for the people you invite.</span>{" "}
        <TextLink href="/dashboard">See who joined</TextLink>
      </>
    );
  }
  const name = <bdi className="font-semibold">{firstName}</bdi>;
  if (standing === "customer") {
    return (
      <>
        <span>You are a customer already, so the invitation by {name} does not apply to you.</span>{" "}
        <TextLink href="/dashboard">Invite friends yourself</TextLink>
      </>
    );
  }
  return <span>Invited by {name}</span>;
}

/** A line above the page for people who followed a friend's link, or their own. */
export function InvitedBanner(props: InvitedBannerProps) {
  const Icon = props.standing === "own_code" ? Share2 : UserRoundCheck;
  return (
    <aside aria-label="Invitation" className="bg-accent-soft text-sm" data-print="hidden">
      <p className="mx-auto flex min-h-10 max-w-6xl items-center gap-2 px-4 py-2 sm:px-6">
        <Icon aria-hidden="true" className="size-4 shrink-0 text-accent-strong" />
        <span className="wrap-anywhere min-w-0">
          <Text {...props} />
        </span>
      </p>
    </aside>
  );
}
