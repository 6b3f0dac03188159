import { StatusBadge } from "@/components/ui/badge";
import { LinkButton, MailLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, Money } from "@/components/ui/text";
import type { CustomerService } from "@/lib/invoicing/service";
import type { Texts } from "@/lib/language/translator";

export type ServiceCardProps = {
  services: readonly CustomerService[];
  currency: string;
  /** IANA zone in which dates are shown. */
  timeZone: string;
  supportEmail: string;
  t: Texts<"account">;
};

/** The order of the services: active ones first, cancelled ones last. */
const RANK: Readonly<Record<CustomerService["status"], number>> = {
  active: 0,
  suspended: 1,
  pending: 2,
  cancelled: 3,
};

type SentenceProps = {
  service: CustomerService;
  timeZone: string;
  supportEmail: string;
  t: Texts<"account">;
};

function Sentence({ service, timeZone, supportEmail, t }: SentenceProps) {
  const support = () => <MailLink address={supportEmail} />;
  const date = (value: string) => () => <DateText texts={t} value={value} timeZone={timeZone} />;
  const { suspended_at, cancelled_at, activated_at } = service;
  switch (service.status) {
    case "pending":
      return <>{t("services.pending")}</>;
    case "suspended":
      return (
        <>
          {suspended_at
            ? t.rich("services.suspendedSince", { date: date(suspended_at), support })
            : t.rich("services.suspended", { support })}
        </>
      );
    case "cancelled":
      if (!cancelled_at) return <>{t(activated_at ? "services.ended" : "services.cancelled")}</>;
      return (
        <>
          {t.rich(activated_at ? "services.endedOn" : "services.cancelledOn", {
            date: date(cancelled_at),
          })}
        </>
      );
    default:
      return activated_at ? t.rich("services.activeSince", { date: date(activated_at) }) : null;
  }
}

/** The customer's services, each with its price and its state. */
export function ServiceCard({ services, currency, timeZone, supportEmail, t }: ServiceCardProps) {
  const listed = [...services].sort((a, b) => RANK[a.status] - RANK[b.status]);
  return (
    <Card aria-labelledby="services-title">
      <CardHeader
        title={t("services.title", { services: Math.max(1, listed.length) })}
        titleId="services-title"
      />
      {listed.length === 0 ? (
        <EmptyState
          title={t("services.none")}
          className="py-4"
          action={
            <LinkButton href="/packages" variant="primary">
              {t("services.seePackages")}
            </LinkButton>
          }
        >
          {t("services.noneText")}
        </EmptyState>
      ) : (
        <ul className="divide-y divide-border">
          {listed.map(({ earlier_price: earlier, ...service }) => (
            <li key={service.id} className="py-4 first:pt-0 last:pb-0">
              <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
                <h3 className="wrap-anywhere font-semibold text-lg">{service.package_name}</h3>
                <StatusBadge
                  kind="service"
                  status={service.status}
                  label={t(`services.status.${service.status}`)}
                />
              </div>
              <p className="mt-1 text-sm">
                {t.rich("services.price", {
                  amount: () => <Money cents={service.monthly_price_cents} currency={currency} />,
                  quiet: (text) => <span className="text-text-muted">{text}</span>,
                })}
              </p>
              {earlier ? (
                <p className="mt-1 text-sm text-text-muted">
                  {t.rich("services.earlierPrice", {
                    date: () => <DateText texts={t} value={earlier.until} timeZone={timeZone} />,
                    amount: () => <Money cents={earlier.price_cents} currency={currency} />,
                  })}
                </p>
              ) : null}
              <p className="mt-3 text-sm text-text-muted">
                <Sentence
                  service={{ ...service, earlier_price: earlier }}
                  timeZone={timeZone}
                  supportEmail={supportEmail}
                  t={t}
                />
              </p>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
