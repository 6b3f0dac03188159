import { CircleCheck } from "lucide-react";
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { z } from "zod";
import { FriendNotice } from "@/components/orders/friend-notice";
import { OrderPlaced } from "@/components/orders/order-placed";
import { ClaimCard, OwnClaimNotice } from "@/components/referrals/claim-cards";
import { LinkButton, TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { Notice } from "@/components/ui/notice";
import { Money } from "@/components/ui/text";
import { ownOrder } from "@/lib/composition/own-order";
import { getPageSession } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { BLOCK_MESSAGES } from "@/lib/fraud/fraud-signals";
import { stepsAfterOrder } from "@/lib/orders/getting-connected";
import { mayPromote } from "@/lib/programme/terms";
import { claimCode } from "../../../(customer)/actions";

export const metadata: Metadata = { title: "Order placed", robots: { index: false } };

/** Why a code was not applied, in general words that reveal nothing about other people. */
const REASONS: Readonly<Record<string, string>> = {
  ...BLOCK_MESSAGES,
  invalid_code:
    "Your order went through. The referral code could not be applied, because it is not one of ours.",
  program_paused:
    "Your order went through. The referral code could not be applied, because the referral programme is paused at the moment.",
};
const GENERAL_REASON = "Your order went through. The referral code could not be applied.";

type ConfirmationPageProps = {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function ConfirmationPage({ searchParams }: ConfirmationPageProps) {
  const orderId = z.guid().safeParse((await searchParams).order);
  if (!orderId.success) redirect("/packages");
  const [{ terms, supportEmail, installationDays }, order, page] = await Promise.all([
    getPublicSite(),
    ownOrder(orderId.data),
    getPageSession(),
  ]);
  const { referral, address } = order;
  const mayCorrect = order.can_claim && page?.session.customer != null;
  const promotes = mayPromote(terms, false);
  const steps = [
    ...stepsAfterOrder(installationDays),
    ...(promotes
      ? [
          {
            title: "You invite friends",
            text: "Your own code is on your dashboard. It works as soon as your service is active.",
          },
        ]
      : []),
  ];

  return (
    <div className="mx-auto max-w-2xl px-4 py-12 sm:px-6 sm:py-20">
      <OrderPlaced isInvitationUsed={referral.status === "recorded"} />
      <CircleCheck aria-hidden="true" className="size-10 text-positive" strokeWidth={1.5} />
      <h1 className="mt-4 font-semibold text-2xl tracking-tight sm:text-3xl">
        Thank you, your order is in
      </h1>
      <p className="mt-3 text-text-muted">
        You ordered <strong className="font-medium text-text">{order.package_name}</strong> for{" "}
        <strong className="whitespace-nowrap font-medium text-text">
          <Money cents={order.monthly_price_cents} currency={order.currency} />
        </strong>{" "}
        a month. You pay nothing today.
      </p>
      <p className="mt-4">
        <span className="text-text-muted">Your order number is</span>{" "}
        <strong className="whitespace-nowrap font-mono font-semibold text-lg">
          {order.order_number}
        </strong>
        <span className="text-text-muted">. Have it at hand when you call us.</span>
      </p>

      {order.needs_confirmation ? (
        <Notice tone="warning" className="mt-8" title="Please confirm your e-mail address">
          We have sent you a link. Open it on any device, and you are signed in. No mail? Look into
          your spam folder, or let us <TextLink href="/confirm-email">send it again</TextLink>.
        </Notice>
      ) : null}
      {referral.status === "recorded" ? (
        <Notice tone="positive" className="mt-8" title="Your friend's invitation is recorded">
          <FriendNotice
            inviter={order.inviter}
            earns={
              promotes
                ? {
                    referralsRequired: terms.referrals_required,
                    qualifyingDays: terms.qualifying_days,
                  }
                : null
            }
          />
        </Notice>
      ) : null}
      {referral.status === "not_applied" ? (
        <Notice tone="info" className="mt-8" title="The referral code was not applied">
          {REASONS[referral.reason ?? ""] ?? GENERAL_REASON} Nothing changes for you: your price is
          the same.
        </Notice>
      ) : null}
      {order.own_claim ? (
        <div className="mt-8">
          <OwnClaimNotice claim={order.own_claim} />
        </div>
      ) : null}
      {mayCorrect && referral.status === "not_applied" ? (
        <div className="mt-4">
          <ClaimCard
            action={claimCode}
            title="Was it the wrong code?"
            description="Enter the code of the person who invited you. We ask them, and then look at it."
          />
        </div>
      ) : null}

      <Card className="mt-8" aria-labelledby="what-next">
        <CardHeader title="What happens next" titleId="what-next" />
        <ol className="flex flex-col gap-5">
          {steps.map((step, index) => (
            <li key={step.title} className="flex gap-4">
              <span
                aria-hidden="true"
                className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft font-medium text-accent-strong text-sm"
              >
                {index + 1}
              </span>
              <div className="min-w-0">
                <h3 className="font-medium">{step.title}</h3>
                <p className="mt-0.5 text-sm text-text-muted">{step.text}</p>
              </div>
            </li>
          ))}
        </ol>
      </Card>

      <Card className="mt-8" aria-labelledby="order-facts">
        <CardHeader title="Your order" titleId="order-facts" />
        <DescriptionList
          items={[
            {
              label: "Installed at",
              value: (
                <bdi>
                  {[address.line1, address.line2, address.suburb, address.city, address.postal_code]
                    .filter(Boolean)
                    .join(", ")}
                </bdi>
              ),
            },
            ...(order.phone ? [{ label: "We call", value: order.phone }] : []),
          ]}
        />
        <p className="mt-4 text-sm text-text-muted">
          Something is not right? Write to us with your order number before we install it.
        </p>
      </Card>

      {mayCorrect && referral.status === "none" ? (
        <div className="mt-8">
          <ClaimCard
            action={claimCode}
            title="Did a friend invite you?"
            description="If you forgot their code, enter it now. We ask them, and then look at it."
          />
        </div>
      ) : null}

      <div className="mt-8 flex flex-wrap gap-3">
        {page?.session.customer ? (
          <LinkButton href="/dashboard" variant="primary" size="lg">
            Go to your dashboard
          </LinkButton>
        ) : (
          <LinkButton href="/sign-in?next=/dashboard" variant="primary" size="lg">
            Sign in to your account
          </LinkButton>
        )}
      </div>
      <p className="mt-8 text-sm text-text-muted">
        Questions? Write to{" "}
        <a
          href={`mailto:${supportEmail}`}
          className="rounded-sm font-medium text-accent-strong underline underline-offset-4"
        >
          {supportEmail}
        </a>
        .
      </p>
    </div>
  );
}
