import type { Metadata } from "next";
import { AdminRulesCard } from "@/components/admin/team/admin-rules";
import { InviteMember } from "@/components/admin/team/invite-member";
import { TeamTable } from "@/components/admin/team/team-table";
import { LinkButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { requireAdminPage } from "@/lib/composition/page-session";

export const metadata: Metadata = { title: "Team" };

export default async function TeamPage() {
  const { session, services } = await requireAdminPage("/admin/team", "admins:manage");
  const team = await services.admin.team.getTeam();
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
      <Card padding="flush">
        <TeamTable members={team.members} timeZone={session.time_zone} />
      </Card>
      <AdminRulesCard settings={team.settings} currency={team.currency} />
    </>
  );
}
