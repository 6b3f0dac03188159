import type { Metadata } from "next";
import { ApiKeyTable } from "@/components/admin/team/api-keys/api-key-table";
import { CreateApiKey } from "@/components/admin/team/api-keys/create-api-key";
import { Card } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { requireAdminPage } from "@/lib/composition/page-session";

export const metadata: Metadata = { title: "API keys" };

export default async function ApiKeysPage() {
  const { session, services } = await requireAdminPage("/admin/team/api-keys", "admins:manage");
  const { api_keys } = await services.admin.apiKeys.list();
  return (
    <>
      <PageHeader
        title="API keys"
        description="With a key, another system of yours records the orders that it takes with a referral code, and reports what becomes of them."
        back={{ href: "/admin/team", label: "Team" }}
        actions={<CreateApiKey />}
      />
      <Card padding="flush">
        <ApiKeyTable apiKeys={api_keys} timeZone={session.time_zone} />
      </Card>
    </>
  );
}
