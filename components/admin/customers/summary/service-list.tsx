import type { PackageChoice } from "@/components/admin/orders/package-choices";
import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DateText, Money } from "@/components/ui/text";
import type { OrderRow } from "@/lib/admin/order-schemas";
import { ChangePackageButton } from "./change-package-button";

export type ServiceListProps = {
  orders: readonly OrderRow[];
  customerName: string;
  packages: readonly PackageChoice[];
  currency: string;
  timeZone: string;
  mayManage: boolean;
};

/** Orders and what became of them, each with a link to where it is activated or cancelled. */
export function ServiceList({ orders, mayManage, ...shared }: ServiceListProps) {
  const { currency, timeZone } = shared;
  return (
    <Card padding="flush" aria-labelledby="services-title">
      <CardHeader divided title="Orders and services" titleId="services-title" />
      {orders.length === 0 ? (
        <p className="px-4 py-4 text-sm text-text-muted sm:px-6">No order yet.</p>
      ) : (
        <ul className="divide-y divide-border">
          {orders.map((order) => (
            <li key={order.id} className="flex flex-col gap-2 px-4 py-4 text-sm sm:px-6">
              <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="font-medium">
                  {order.service?.package_name ?? order.package_name}
                </span>
                {order.service ? (
                  <StatusBadge kind="service" status={order.service.status} />
                ) : (
                  <StatusBadge kind="order" status={order.status} />
                )}
                {order.service ? (
                  <Money cents={order.service.monthly_price_cents} currency={currency} />
                ) : null}
              </p>
              <p className="text-text-muted text-xs">
                <TextLink href={`/admin/orders?q=${encodeURIComponent(order.order_number)}`}>
                  {`Order ${order.order_number}`}
                </TextLink>
                <span> of </span>
                <DateText value={order.created_at} timeZone={timeZone} />
              </p>
              {mayManage && order.service && order.service.status !== "cancelled" ? (
                <div>
                  <ChangePackageButton {...shared} service={order.service} />
                </div>
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
