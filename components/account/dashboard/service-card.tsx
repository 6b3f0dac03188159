import { StatusBadge } from "@/components/ui/badge";
import { LinkButton } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, Money } from "@/components/ui/text";
import type { CustomerService } from "@/lib/invoicing/service";

export type ServiceCardProps = {
  services: readonly CustomerService[];
  currency: string;
  /** IANA zone in which dates are shown. */
  timeZone: string;
  supportEmail: string;
};

/** The order of the services: active ones first, cancelled ones last. */
const RANK: Readonly<Record<CustomerService["status"], number>> = {
  active: 0,
  suspended: 1,
  pending: 2,
  cancelled: 3,
};

type SentenceProps = { service: CustomerService; timeZone: string; supportEmail: string };

function Sentence({ service, timeZone, supportEmail }: SentenceProps) {
  const support = (
    <a
      href={`mailto:${supportEmail}`}
      className="wrap-anywhere rounded-sm font-medium text-accent-strong underline underline-offset-4"
    >
      {supportEmail}
    </a>
  );
  if (service.status === "pending") {
    return (
      <>
        Your order is with us. We call you to agree on a date for the installation; you pay from the
        day on which the service is active.
      </>
    );
  }
  if (service.status === "suspended") {
    return (
      <>
        {service.suspended_at ? (
          <>
            Suspended since <DateText value={service.suspended_at} timeZone={timeZone} />.{" "}
          </>
        ) : null}
        Please write to {support} to have it switched on again.
      </>
    );
  }
  if (service.status === "cancelled") {
    return (
      <>
        {service.activated_at ? "Ended" : "The order was cancelled"}
        {service.cancelled_at ? (
          <>
            {" on "}
            <DateText value={service.cancelled_at} timeZone={timeZone} />
          </>
        ) : null}
        .
      </>
    );
  }
  return service.activated_at ? (
    <>
      Active since <DateText value={service.activated_at} timeZone={timeZone} />.
    </>
  ) : null;
}

/** The customer's services, each with its price and its state. */
export function ServiceCard({ services, currency, timeZone, supportEmail }: ServiceCardProps) {
  const listed = [...services].sort((a, b) => RANK[a.status] - RANK[b.status]);
  return (
    <Card aria-labelledby="services-title">
      <CardHeader title={listed.length > 1 ? "Services" : "Service"} titleId="services-title" />
      {listed.length === 0 ? (
        <EmptyState
          title="You have no service yet"
          className="py-4"
          action={
            <LinkButton href="/packages" variant="primary">
              See the packages
            </LinkButton>
          }
        >
          Choose a package, and we get in touch to install it.
        </EmptyState>
      ) : (
        <ul className="divide-y divide-border">
          {listed.map((service) => (
            <li key={service.id} className="py-4 first:pt-0 last:pb-0">
              <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
                <h3 className="wrap-anywhere font-semibold text-lg">{service.package_name}</h3>
                <StatusBadge kind="service" status={service.status} />
              </div>
              <p className="mt-1 text-sm">
                <Money cents={service.monthly_price_cents} currency={currency} />
                <span className="text-text-muted"> a month, including VAT</span>
              </p>
              {service.earlier_price ? (
                <p className="mt-1 text-sm text-text-muted">
                  Takes effect on{" "}
                  <DateText value={service.earlier_price.until} timeZone={timeZone} />. Until then
                  your service stays as it was, at{" "}
                  <Money cents={service.earlier_price.price_cents} currency={currency} /> a month.
                </p>
              ) : null}
              <p className="mt-3 text-sm text-text-muted">
                <Sentence service={service} timeZone={timeZone} supportEmail={supportEmail} />
              </p>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
