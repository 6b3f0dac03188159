import { CircleCheck } from "lucide-react";
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { z } from "zod";
import { FriendNotice } from "@/components/orders/friend-notice";
import { OrderPlaced } from "@/components/orders/order-placed";
import { ClaimCard, OwnClaimNotice } from "@/components/referrals/claim-cards";
import { LinkButton, MailLink, TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { ClientTexts } from "@/components/ui/client-texts";
import { DescriptionList } from "@/components/ui/description-list";
import { Notice } from "@/components/ui/notice";
import { Money } from "@/components/ui/text";
import { ownOrder } from "@/lib/composition/own-order";
import { getPageLanguage, pageTexts } from "@/lib/composition/page-language";
import { getPageSession } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import type { NotAppliedReason } from "@/lib/fraud/fraud-signals";
import type { Texts } from "@/lib/language/translator";
import { stepsAfterOrder } from "@/lib/orders/getting-connected";
import { mayPromote } from "@/lib/programme/terms";
import { claimCode } from "../../../(customer)/actions";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("ordered"))("placed.title"), robots: { index: false } };
}

/** Why a code was not applied, in general words that reveal nothing about other people. */
const refusal = (reason: NotAppliedReason | undefined, t: Texts<"ordered">): string =>
  t(reason ? `refused.${reason}` : "refused.general");

type ConfirmationPageProps = {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function ConfirmationPage({ searchParams }: ConfirmationPageProps) {
  const orderId = z.guid().safeParse((await searchParams).order);
  if (!orderId.success) redirect("/packages");
  const [t, connecting, language] = await Promise.all([
    pageTexts("ordered"),
    pageTexts("connecting"),
    getPageLanguage(),
  ]);
  const [{ terms, supportEmail, installationDays }, order, page] = await Promise.all([
    getPublicSite(),
    ownOrder(orderId.data),
    getPageSession(),
  ]);
  const { referral, address } = order;
  const mayCorrect = order.can_claim && page?.session.customer != null;
  const promotes = mayPromote(terms, false);
  const steps = [
    ...stepsAfterOrder(installationDays, connecting),
    ...(promotes
      ? [
          {
            title: t("placed.invite"),
            text: t("placed.inviteText"),
          },
        ]
      : []),
  ];

  return (
    <ClientTexts language={language} areas={["claims"]}>
      <div className="mx-auto max-w-2xl px-4 py-12 sm:px-6 sm:py-20">
        <OrderPlaced isInvitationUsed={referral.status === "recorded"} />
        <CircleCheck aria-hidden="true" className="size-10 text-positive" strokeWidth={1.5} />
        <h1 className="mt-4 font-semibold text-2xl tracking-tight sm:text-3xl">
          {t("placed.heading")}
        </h1>
        <p className="mt-3 text-text-muted">
          {t.rich("placed.ordered", {
            package: () => <strong className="font-medium text-text">{order.package_name}</strong>,
            price: () => (
              <strong className="whitespace-nowrap font-medium text-text">
                <Money cents={order.monthly_price_cents} currency={order.currency} />
              </strong>
            ),
          })}
        </p>
        <p className="mt-4">
          {t.rich("placed.number", {
            quiet: (text) => <span className="text-text-muted">{text}</span>,
            number: () => (
              <strong className="whitespace-nowrap font-mono font-semibold text-lg">
                {order.order_number}
              </strong>
            ),
          })}
        </p>

        {order.needs_confirmation ? (
          <Notice tone="warning" className="mt-8" title={t("placed.confirm")}>
            {t.rich("placed.confirmText", {
              again: (text) => <TextLink href="/confirm-email">{text}</TextLink>,
            })}
          </Notice>
        ) : null}
        {referral.status === "recorded" ? (
          <Notice tone="positive" className="mt-8" title={t("placed.recorded")}>
            <FriendNotice
              inviter={order.inviter}
              t={t}
              connecting={connecting}
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
          <Notice tone="info" className="mt-8" title={t("placed.notApplied")}>
            {t("placed.nothingChanges", { reason: refusal(referral.reason, t) })}
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
              title={t("placed.wrongCode")}
              description={t("placed.wrongCodeText")}
            />
          </div>
        ) : null}

        <Card className="mt-8" aria-labelledby="what-next">
          <CardHeader title={t("placed.whatNext")} titleId="what-next" />
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
          <CardHeader title={t("placed.facts")} titleId="order-facts" />
          <DescriptionList
            items={[
              {
                label: t("placed.installedAt"),
                value: (
                  <bdi>
                    {[
                      address.line1,
                      address.line2,
                      address.suburb,
                      address.city,
                      address.postal_code,
                    ]
                      .filter(Boolean)
                      .join(", ")}
                  </bdi>
                ),
              },
              ...(order.phone ? [{ label: t("placed.weCall"), value: order.phone }] : []),
            ]}
          />
          <p className="mt-4 text-sm text-text-muted">{t("placed.notRight")}</p>
        </Card>

        {mayCorrect && referral.status === "none" ? (
          <div className="mt-8">
            <ClaimCard
              action={claimCode}
              title={t("placed.didFriend")}
              description={t("placed.didFriendText")}
            />
          </div>
        ) : null}

        <div className="mt-8 flex flex-wrap gap-3">
          {page?.session.customer ? (
            <LinkButton href="/dashboard" variant="primary" size="lg">
              {t("placed.toDashboard")}
            </LinkButton>
          ) : (
            <LinkButton href="/sign-in?next=/dashboard" variant="primary" size="lg">
              {t("placed.toAccount")}
            </LinkButton>
          )}
        </div>
        <p className="mt-8 text-sm text-text-muted">
          {t.rich("placed.questions", {
            email: () => <MailLink address={supportEmail} />,
          })}
        </p>
      </div>
    </ClientTexts>
  );
}
