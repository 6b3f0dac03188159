import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { AppealForm } from "@/components/referrals/appeal-form";
import { LinkButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { DateText } from "@/components/ui/text";
import type { AppealState } from "@/lib/account/appeal-service";
import { requireCustomerPage } from "@/lib/composition/page-session";
import { AppError } from "@/lib/errors";
import { idSchema } from "@/lib/http/common-schemas";

export const metadata: Metadata = { title: "Ask a person" };

function Outcome({ state }: { state: AppealState }) {
  const { appeal, time_zone: timeZone } = state;
  if (appeal === null)
    return <p>You can ask within 30 days after a friend was found not to count.</p>;
  if (appeal.status === "open") {
    return (
      <p>
        You asked on <DateText value={appeal.asked_at} timeZone={timeZone} />. Somebody else looks
        at it and answers by <DateText value={appeal.due_at} timeZone={timeZone} />.
      </p>
    );
  }
  return appeal.status === "upheld" ? (
    <p>Somebody else looked at it, and this friend counts like your others.</p>
  ) : (
    <p>Somebody else looked at it and came to the same result. This friend does not count.</p>
  );
}

export default async function AppealPage({ params }: { params: Promise<{ referral_id: string }> }) {
  const id = idSchema.safeParse((await params).referral_id);
  if (!id.success) notFound();
  const { services } = await requireCustomerPage(`/appeal/${id.data}`);
  const state = await services.appeals.get(id.data).catch((error: unknown) => {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  });
  return (
    <div className="mx-auto flex max-w-xl flex-col gap-4">
      <PageHeader
        title={`Ask about ${state.friend}`}
        description="Tell us why this friend counts. A person who was not part of the decision looks at it."
      />
      <Card>{state.can_ask ? <AppealForm referralId={id.data} /> : <Outcome state={state} />}</Card>
      <div>
        <LinkButton href="/dashboard">Back to the dashboard</LinkButton>
      </div>
    </div>
  );
}
