import type { Metadata } from "next";
import { PauseProgramme } from "@/components/admin/programme/pause-programme";
import { ProgrammeForm } from "@/components/admin/programme/programme-form";
import { ProgrammeHistory } from "@/components/admin/programme/programme-history";
import { ScheduledTerms } from "@/components/admin/programme/scheduled-terms";
import { SwitchCard } from "@/components/admin/programme/switch-card";
import { VersionCompare } from "@/components/admin/programme/version-compare";
import { TextLink } from "@/components/ui/button";
import { ClientTexts } from "@/components/ui/client-texts";
import { Notice } from "@/components/ui/notice";
import { PageHeader } from "@/components/ui/page-header";
import { systemClock } from "@/lib/clock";
import { requireAdminPage } from "@/lib/composition/page-session";
import { localDate } from "@/lib/dates";
import { getEnv } from "@/lib/env";
import { param, type SearchParams } from "../list-query";

const PATH = "/admin/programme";

export const metadata: Metadata = { title: "Programme" };

export default async function ProgrammePage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, services } = await requireAdminPage(PATH, "program:manage");
  const [program, effect, query] = await Promise.all([
    services.admin.programme.getProgram(),
    services.admin.programme.getEffect(),
    searchParams,
  ]);
  const { current, scheduled, versions } = program;
  const chosen = (name: string) =>
    versions.find(({ version }) => String(version) === param(query, name));
  const before = versions.find(
    ({ version, state }) => state === "past" && version < current.version,
  );
  const left = chosen("left") ?? (scheduled ? current : (before ?? current));
  const right = chosen("right") ?? scheduled ?? current;

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
      {scheduled ? (
        <ScheduledTerms
          current={current}
          scheduled={scheduled}
          timeZone={session.time_zone}
          currency={program.currency}
        />
      ) : null}
      <ClientTexts language="en" areas={["terms"]}>
        <ProgrammeForm
          current={current}
          versions={versions}
          scheduled={scheduled}
          effect={effect}
          today={localDate(systemClock(), session.time_zone)}
          brandName={program.brand_name}
          currency={program.currency}
        />
      </ClientTexts>
      <VersionCompare
        key={`${left.version} ${right.version}`}
        versions={versions}
        left={left}
        right={right}
        timeZone={session.time_zone}
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
