import type { Metadata } from "next";
import { API_KEY_LIST } from "@/components/admin/lists/definitions";
import { ListTools } from "@/components/admin/lists/list-tools";
import { ApiKeyTable } from "@/components/admin/team/api-keys/api-key-table";
import { STANDING_WORDS } from "@/components/admin/team/api-keys/api-key-words";
import { CreateApiKey } from "@/components/admin/team/api-keys/create-api-key";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { KEY_STANDINGS } from "@/lib/access/api-key-schemas";
import { requireAdminPage } from "@/lib/composition/page-session";
import { choice, type SearchParams, searchTerm } from "../../list-query";
import { exportHref, linksOf, readList } from "../../list-state";

export const metadata: Metadata = { title: "API keys" };

export default async function ApiKeysPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(API_KEY_LIST.path, "admins:manage");
  const given = await searchParams;
  const filters = { q: searchTerm(given), standing: choice(given, "standing", KEY_STANDINGS) };
  const list = readList(API_KEY_LIST, given, filters);
  const [page, views] = await Promise.all([
    services.admin.apiKeys.list({ ...filters, ...list.page }),
    services.admin.lists.views("api_keys"),
  ]);
  return (
    <>
      <PageHeader
        title="API keys"
        description="With a key, another system of yours records the orders that it takes with a referral code, and reports what becomes of them."
        back={{ href: "/admin/team", label: "Team" }}
        actions={<CreateApiKey />}
      />
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={exportHref(list, admin, "api_keys")}
        fields={[
          { kind: "search", name: "q", label: "Key", placeholder: "Name or beginning of the key" },
        ]}
        chips={
          <FilterChips
            label="Filter by standing"
            items={[
              {
                href: list.href({ standing: undefined }),
                label: "All",
                current: !filters.standing,
              },
              ...KEY_STANDINGS.map((name) => ({
                href: list.href({ standing: name }),
                label: STANDING_WORDS[name],
                current: filters.standing === name,
              })),
            ]}
          />
        }
      />
      <Card padding="flush">
        <ApiKeyTable
          apiKeys={page.api_keys}
          timeZone={session.time_zone}
          isFiltered={list.isFiltered}
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
        />
        <Pagination {...linksOf(list, page)} shown={page.api_keys.length} />
      </Card>
    </>
  );
}
