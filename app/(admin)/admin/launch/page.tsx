import type { Metadata } from "next";
import { LaunchPlanForm } from "@/components/admin/launch/launch-plan-form";
import { LaunchStages } from "@/components/admin/launch/launch-stages";
import { Notice } from "@/components/ui/notice";
import { PageHeader } from "@/components/ui/page-header";
import { requireAdminPage } from "@/lib/composition/page-session";

export const metadata: Metadata = { title: "Launch" };

export default async function LaunchPage() {
  const { admin, services } = await requireAdminPage("/admin/launch");
  const report = await services.admin.launch.getReport();
  return (
    <>
      <PageHeader
        title="Launch"
        description="What the first week and the first month shall bring, and how far they are today."
      />
      {report.launched_on === null ? (
        <Notice title="No day of the launch is set" className="mb-4 sm:mb-6">
          The figures are counted from that day on.
        </Notice>
      ) : null}
      <LaunchStages report={report} />
      {admin.permissions.includes("program:manage") ? <LaunchPlanForm report={report} /> : null}
    </>
  );
}
