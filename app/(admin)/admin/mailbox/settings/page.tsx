import type { Metadata } from "next";
import { settingChanges } from "@/components/admin/mailbox/mail-settings-fields";
import { MailSettingsForm } from "@/components/admin/mailbox/mail-settings-form";
import { SettingChanges } from "@/components/admin/mailbox/setting-changes";
import { Card, CardHeader } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { DateText } from "@/components/ui/text";
import { requireAdminPage } from "@/lib/composition/page-session";

const PATH = "/admin/mailbox/settings";

export const metadata: Metadata = { title: "Mail settings" };

export default async function MailSettingsPage() {
  const { session, services } = await requireAdminPage(PATH, "program:manage");
  const { current, versions } = await services.admin.mailbox.getSettings();
  return (
    <>
      <PageHeader
        back={{ href: "/admin/mailbox", label: "Mailbox" }}
        title="Mail settings"
        description="How fast mails leave, when they wait, and how long their texts are kept."
      />
      <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-2">
        <MailSettingsForm current={current} timeZone={session.time_zone} />
        <Card padding="flush" aria-labelledby="versions-title">
          <CardHeader divided title="Versions" titleId="versions-title" />
          <ol className="divide-y divide-border">
            {versions.map((version, index) => {
              const before = versions[index + 1];
              const changes = before ? settingChanges(before, version) : [];
              return (
                <li key={version.version} className="flex flex-col gap-2 px-4 py-4 text-sm sm:px-6">
                  <h3 className="font-medium">Version {version.version}</h3>
                  <p className="text-text-muted">
                    <DateText value={version.created_at} timeZone={session.time_zone} withTime />
                    {", by "}
                    {version.created_by_name ?? "the system"}
                  </p>
                  <p className="wrap-anywhere">
                    <span className="text-text-muted">Reason: </span>
                    {version.reason}
                  </p>
                  {changes.length > 0 ? <SettingChanges changes={changes} /> : null}
                </li>
              );
            })}
          </ol>
        </Card>
      </div>
    </>
  );
}
