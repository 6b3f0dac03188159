import type { Metadata } from "next";
import { AccountBalance, AccountEntries } from "@/components/account/statement/account-statement";
import { RecordPayment } from "@/components/admin/billing/payments/record-payment";
import { ReversePayment } from "@/components/admin/billing/payments/reverse-payment";
import { BillingDetails } from "@/components/admin/customers/account/billing-details";
import { customerLists } from "@/components/admin/lists/definitions";
import { TextLink } from "@/components/ui/button";
import { Pagination } from "@/components/ui/pagination";
import { systemClock } from "@/lib/clock";
import { localDate } from "@/lib/dates";
import type { AccountPage } from "@/lib/invoicing/account";
import { textsIn } from "@/lib/language/catalogue";
import { href, type SearchParams } from "../../../../list-query";
import { linksOf, readList } from "../../../../list-state";
import { customerPath, getCustomer } from "../../customer";

type Props = { params: Promise<{ id: string }>; searchParams: Promise<SearchParams> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { details } = await getCustomer((await params).id);
  return { title: `${details.customer.name}: account` };
}

/** The invoices that a payment may name: open ones, the oldest first, then settled ones of this page. */
function payableInvoices({ open_invoices, entries }: AccountPage) {
  const open = new Set(open_invoices.map((invoice) => invoice.invoice_number));
  const settled = entries.filter(({ kind, number }) => kind === "invoice" && !open.has(number));
  return [
    ...open_invoices.map(({ invoice_number, outstanding_cents }) => ({
      invoice_number,
      outstanding_cents,
    })),
    ...settled.map(({ number }) => ({ invoice_number: number, outstanding_cents: 0 })),
  ];
}

export default async function CustomerAccountPage({ params, searchParams }: Props) {
  const { id } = await params;
  const path = customerPath(id);
  const list = readList(customerLists(path).account, await searchParams);
  const { cursor, backward, limit } = list.page;
  const { details, session, admin, services } = await getCustomer(id);
  const [account, profile] = await Promise.all([
    services.admin.billing.getAccount(id, { cursor, backward, limit }),
    services.admin.customers.getProfile(id),
  ]);
  const { customer } = details;
  const mayRecord =
    admin.permissions.includes("billing:manage_invoices") && !customer.is_own_account;
  const mayChange =
    admin.permissions.includes("orders:manage") && !customer.is_own_account && !customer.erased_at;
  const invoices = payableInvoices(account);
  const t = textsIn("en", "statement");
  return (
    <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-3">
      <div className="flex min-w-0 flex-col gap-4 sm:gap-6">
        <AccountBalance
          account={account}
          isOwn={false}
          t={t}
          actions={
            mayRecord && invoices.length > 0 ? (
              <RecordPayment
                invoices={invoices}
                account={account}
                today={localDate(systemClock(), session.time_zone)}
              />
            ) : null
          }
        />
        {customer.erased_at ? null : (
          <BillingDetails customer={customer} profile={profile} mayChange={mayChange} />
        )}
      </div>
      <div className="min-w-0 lg:col-span-2">
        <AccountEntries
          account={account}
          empty="Invoices, payments and credit notes of this customer appear here."
          t={t}
          actionOf={(entry) =>
            mayRecord &&
            entry.kind === "payment" &&
            !entry.is_reversed &&
            !entry.reverses_payment_id ? (
              <ReversePayment
                payment={{ id: entry.id, amount_cents: entry.amount_cents, paid_on: entry.on }}
                invoiceNumber={entry.invoice_number}
                currency={account.currency}
              />
            ) : null
          }
        />
        <div className="mt-2">
          <Pagination {...linksOf(list, account)} shown={account.entries.length} />
        </div>
        <p className="mt-3 px-4 text-sm sm:px-6">
          <TextLink href={href("/admin/billing/invoices", { customer: id })}>
            Search and filter the invoices
          </TextLink>
        </p>
      </div>
    </div>
  );
}
