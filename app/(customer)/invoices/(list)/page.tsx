import type { Metadata } from "next";
import { AccountBalance, AccountEntries } from "@/components/account/statement/account-statement";
import { Card } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { pageTexts } from "@/lib/composition/page-language";
import { requireCustomerPage } from "@/lib/composition/page-session";
import { AppError } from "@/lib/errors";
import { type Cursor, decodeCursor, encodeCursor } from "@/lib/paging";

const PATH = "/invoices";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("statement"))("title") };
}

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
  const [t, shell] = await Promise.all([pageTexts("statement"), pageTexts("shell")]);
  const page = await requireCustomerPage(PATH);
  const cursor = placeOf((await searchParams).cursor);
  const account = await page.services.account.getAccount({ cursor });
  const next = encodeCursor(account.next_cursor);
  return (
    <>
      <PageHeader title={t("title")} back={{ href: "/dashboard", label: shell("dashboard") }} />
      <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-3">
        <AccountBalance account={account} isOwn t={t} />
        <div className="min-w-0 lg:col-span-2">
          <AccountEntries account={account} empty={t("noneText")} t={t} />
          {next || cursor ? (
            <Card padding="flush" className="mt-4">
              <Pagination
                label={t("entries")}
                words={{
                  pages: t("pages"),
                  shown: t("shown", { count: t.count(account.entries.length) }),
                  first: t("first"),
                  next: t("next"),
                }}
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
