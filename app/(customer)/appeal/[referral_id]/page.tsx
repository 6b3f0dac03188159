import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { AppealForm } from "@/components/referrals/appeal-form";
import { LinkButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { DateText } from "@/components/ui/text";
import type { AppealState } from "@/lib/account/appeal-service";
import { pageTexts } from "@/lib/composition/page-language";
import { requireCustomerPage } from "@/lib/composition/page-session";
import { AppError } from "@/lib/errors";
import { idSchema } from "@/lib/http/common-schemas";
import type { Texts } from "@/lib/language/translator";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("account"))("appeal.title") };
}

function Outcome({ state, t }: { state: AppealState; t: Texts<"account"> }) {
  const { appeal, time_zone: timeZone } = state;
  if (appeal === null) return <p>{t("appeal.window")}</p>;
  if (appeal.status === "open") {
    return (
      <p>
        {t.rich("appeal.open", {
          asked: () => <DateText texts={t} value={appeal.asked_at} timeZone={timeZone} />,
          due: () => <DateText texts={t} value={appeal.due_at} timeZone={timeZone} />,
        })}
      </p>
    );
  }
  return <p>{t(appeal.status === "upheld" ? "appeal.upheld" : "appeal.rejected")}</p>;
}

export default async function AppealPage({ params }: { params: Promise<{ referral_id: string }> }) {
  const id = idSchema.safeParse((await params).referral_id);
  if (!id.success) notFound();
  const t = await pageTexts("account");
  const { services } = await requireCustomerPage(`/appeal/${id.data}`);
  const state = await services.appeals.get(id.data).catch((error: unknown) => {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  });
  return (
    <div className="mx-auto flex max-w-xl flex-col gap-4">
      <PageHeader
        title={t("appeal.heading", { name: state.friend })}
        description={t("appeal.text")}
      />
      <Card>
        {state.can_ask ? <AppealForm referralId={id.data} /> : <Outcome state={state} t={t} />}
      </Card>
      <div>
        <LinkButton href="/dashboard">{t("appeal.back")}</LinkButton>
      </div>
    </div>
  );
}
