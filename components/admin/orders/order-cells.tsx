import { CustomerLink } from "@/components/admin/customers/customer-link";
import { refusalReason } from "@/components/admin/referrals/referral-words";
import { StatusBadge } from "@/components/ui/badge";
import { CellNote } from "@/components/ui/cell-note";
import { DateText, Money } from "@/components/ui/text";
import type { OrderRow } from "@/lib/admin/order-schemas";
import { packageOf } from "./order-actions";

/** The package and its price, and when a change of it takes effect. */
export function OrderPackage({
  order,
  timeZone,
  currency,
}: {
  order: OrderRow;
  timeZone: string;
  currency: string;
}) {
  const { service } = order;
  return (
    <div>
      <p>{packageOf(order)}</p>
      {order.external_id ? (
        <CellNote className="wrap-anywhere font-mono">{order.external_id}</CellNote>
      ) : null}
      {service && !service.is_external ? (
        <CellNote className="2xl:whitespace-nowrap">
          <Money cents={service.monthly_price_cents} currency={currency} />{" "}
          <span className="whitespace-nowrap">a month</span>
        </CellNote>
      ) : null}
      {service?.earlier_price ? (
        <CellNote>
          takes effect on{" "}
          <span className="whitespace-nowrap">
            <DateText value={service.earlier_price.until} timeZone={timeZone} />
          </span>
        </CellNote>
      ) : null}
    </div>
  );
}

/** Who referred the customer, or why their code was not applied. */
export function OrderReferrer({ order }: { order: OrderRow }) {
  if (order.referrer) {
    return (
      <div className="wrap-anywhere">
        <CustomerLink customer={order.referrer} />
        <CellNote className="whitespace-nowrap font-mono">{order.referral_code}</CellNote>
      </div>
    );
  }
  if (order.referral_outcome === "not_applied") {
    return (
      <div className="max-w-56">
        <p>Code not applied</p>
        {order.referral_reason ? <CellNote>{refusalReason(order.referral_reason)}</CellNote> : null}
      </div>
    );
  }
  return <span className="text-text-muted">Nobody</span>;
}

/** The status of the order, and of its service when that has stopped. */
export function OrderStatus({ order, timeZone }: { order: OrderRow; timeZone: string }) {
  const { service } = order;
  const hasStopped = order.status === "active" && service && service.status !== "active";
  const stoppedAt = service?.cancelled_at ?? service?.suspended_at;
  return (
    <div className="flex flex-col items-start gap-1 max-md:items-end">
      <StatusBadge kind="order" status={order.status} />
      {hasStopped ? (
        <CellNote>
          Service {service.status}
          {stoppedAt ? (
            <>
              {" on "}
              <DateText value={stoppedAt} timeZone={timeZone} />
            </>
          ) : null}
        </CellNote>
      ) : null}
      {order.status === "active" && order.activated_at && !hasStopped ? (
        <CellNote className="2xl:whitespace-nowrap">
          Since <DateText value={order.activated_at} timeZone={timeZone} />
        </CellNote>
      ) : null}
      {order.status === "cancelled" && order.cancel_reason ? (
        <CellNote className="wrap-anywhere max-w-56">
          <q>{order.cancel_reason}</q>
        </CellNote>
      ) : null}
    </div>
  );
}
