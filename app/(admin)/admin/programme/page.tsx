import type { Metadata } from "next";
import { PauseProgramme } from "@/components/admin/programme/pause-programme";
import { ProgrammeForm } from "@/components/admin/programme/programme-form";
import { ProgrammeHistory } from "@/components/admin/programme/programme-history";
import { SwitchCard } from "@/components/admin/programme/switch-card";
import { TextLink } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { PageHeader } from "@/components/ui/page-header";
import { requireAdminPage } from "@/lib/composition/page-session";
import { getEnv } from "@/lib/env";

const PATH = "/admin/programme";

export const metadata: Metadata = { title: "Programme" };

export default async function ProgrammePage() {
  const { session, services } = await requireAdminPage(PATH, "program:manage");
  const program = await services.admin.programme.getProgram();

  return (
    <>
      <PageHeader
        title="Programme"
        description={
          <>
            The terms of the referral programme, now and before.{" "}
            <TextLink href="/admin/programme/fraud">Fraud signals</TextLink> are tuned apart.
          </>
        }
      />
      {getEnv().ENABLE_REFERRAL_REWARDS ? null : (
        <Notice
          tone="warning"
          title="Rewards are switched off in the configuration"
          className="mb-4 sm:mb-6"
        >
          ENABLE_REFERRAL_REWARDS is false where this site runs. The switch below cannot change
          that.
        </Notice>
      )}
      <PauseProgramme current={program.current} />
      {program.switches.map((state) => (
        <SwitchCard key={state.name} state={state} timeZone={session.time_zone} />
      ))}
      <ProgrammeForm
        current={program.current}
        brandName={program.brand_name}
        currency={program.currency}
      />
      <ProgrammeHistory
        versions={program.versions}
        timeZone={session.time_zone}
        currency={program.currency}
      />
    </>
  );
}
