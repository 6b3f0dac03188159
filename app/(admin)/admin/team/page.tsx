import type { Metadata } from "next";
import { TEAM_LIST } from "@/components/admin/lists/definitions";
import { ListTools } from "@/components/admin/lists/list-tools";
import { AdminRulesCard } from "@/components/admin/team/admin-rules";
import { InviteMember } from "@/components/admin/team/invite-member";
import { TeamTable } from "@/components/admin/team/team-table";
import { ACCESS_WORDS } from "@/components/admin/team/team-words";
import { LinkButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { ACCESS_STATES } from "@/lib/access/team-schemas";
import { requireAdminPage } from "@/lib/composition/page-session";
import { ROLE_LABELS, ROLES } from "@/lib/permissions";
import { choice, type SearchParams, searchTerm } from "../list-query";
import { exportHref, linksOf, readList } from "../list-state";

export const metadata: Metadata = { title: "Team" };

export default async function TeamPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const { session, admin, services } = await requireAdminPage(TEAM_LIST.path, "admins:manage");
  const given = await searchParams;
  const filters = {
    q: searchTerm(given),
    role: choice(given, "role", ROLES),
    access: choice(given, "access", ACCESS_STATES),
  };
  const list = readList(TEAM_LIST, given, filters);
  const [team, views] = await Promise.all([
    services.admin.team.getTeam({ ...filters, ...list.page }),
    services.admin.lists.views("team"),
  ]);
  return (
    <>
      <PageHeader
        title="Team"
        description="Who may use the admin area, and what one person may do alone."
        actions={
          <>
            <LinkButton href="/admin/team/api-keys">API keys</LinkButton>
            <InviteMember />
          </>
        }
      />
      <ListTools
        list={list}
        page={team}
        views={views}
        exportHref={exportHref(list, admin, "team")}
        fields={[
          { kind: "search", name: "q", label: "Person", placeholder: "Name or e-mail" },
          {
            kind: "choice",
            name: "role",
            label: "Role",
            options: [
              { value: "", label: "Every role" },
              ...ROLES.map((value) => ({ value, label: ROLE_LABELS[value] })),
            ],
          },
        ]}
        chips={
          <FilterChips
            label="Filter by access"
            items={[
              { href: list.href({ access: undefined }), label: "All", current: !filters.access },
              ...ACCESS_STATES.map((name) => ({
                href: list.href({ access: name }),
                label: ACCESS_WORDS[name],
                current: filters.access === name,
              })),
            ]}
          />
        }
      />
      <Card padding="flush">
        <TeamTable
          members={team.members}
          timeZone={session.time_zone}
          isFiltered={list.isFiltered}
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
        />
        <Pagination {...linksOf(list, team)} shown={team.members.length} />
      </Card>
      <AdminRulesCard settings={team.settings} currency={team.currency} />
    </>
  );
}
