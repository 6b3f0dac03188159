import type { Metadata } from "next";
import { FraudSettingsForm } from "@/components/admin/programme/fraud-settings-form";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { DateText } from "@/components/ui/text";
import { requireAdminPage } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { serverServices } from "@/lib/composition/services";
import { createServerClient } from "@/lib/supabase/clients";

const PATH = "/admin/programme/fraud";

export const metadata: Metadata = { title: "Fraud signals" };

export default async function FraudSettingsPage() {
  const { session } = await requireAdminPage(PATH, "program:manage");
  const [{ current, versions }, { currency }] = await Promise.all([
    serverServices(createServerClient()).fraudSettings.get(session.user_id),
    getPublicSite(),
  ]);
  return (
    <div className="flex flex-col gap-4 sm:gap-6">
      <PageHeader
        title="Fraud signals"
        description={<TextLink href="/admin/programme">Programme</TextLink>}
      />
      <FraudSettingsForm
        key={current.version}
        version={current.version}
        signals={current.signals}
        thresholds={current.thresholds}
        currency={currency}
      />
      <Card aria-labelledby="versions-title">
        <CardHeader title="Versions" titleId="versions-title" />
        <ul className="divide-y divide-border text-sm">
          {versions.map((version) => (
            <li key={version.version} className="flex flex-wrap justify-between gap-2 py-3">
              <span className="wrap-anywhere">
                {version.version}: {version.reason}
              </span>
              <span className="text-text-muted">
                {version.created_by_name ?? "Installation"},{" "}
                <DateText value={version.created_at} timeZone={session.time_zone} withTime />
              </span>
            </li>
          ))}
        </ul>
      </Card>
    </div>
  );
}
