import type { Metadata } from "next";
import { AccountBalance, AccountEntries } from "@/components/account/statement/account-statement";
import { Card } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireCustomerPage } from "@/lib/composition/page-session";
import { AppError } from "@/lib/errors";
import { type Cursor, decodeCursor, encodeCursor } from "@/lib/paging";

const PATH = "/invoices";

export const metadata: Metadata = { title: "Invoices and payments" };

/** The place in the list that the address names. A damaged one starts at the top. */
function placeOf(cursor: string | string[] | undefined): Cursor | undefined {
  try {
    return typeof cursor === "string" ? decodeCursor(cursor) : undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_request") return undefined;
    throw error;
  }
}

export default async function AccountPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const page = await requireCustomerPage(PATH);
  const cursor = placeOf((await searchParams).cursor);
  const account = await page.services.account.getAccount({ cursor });
  const next = encodeCursor(account.next_cursor);
  return (
    <>
      <PageHeader title="Invoices and payments" back={{ href: "/dashboard", label: "Dashboard" }} />
      <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-3">
        <AccountBalance account={account} isOwn />
        <div className="min-w-0 lg:col-span-2">
          <AccountEntries
            account={account}
            empty="Your first invoice appears here at the start of a month, once your service is active."
          />
          {next || cursor ? (
            <Card padding="flush" className="mt-4">
              <Pagination
                label="Invoices, payments and credits"
                shown={account.entries.length}
                nextHref={next ? `${PATH}?cursor=${encodeURIComponent(next)}` : null}
                firstHref={cursor ? PATH : null}
              />
            </Card>
          ) : null}
        </div>
      </div>
    </>
  );
}
