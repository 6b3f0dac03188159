import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { cache } from "react";
import { z } from "zod";
import { cycleDays } from "@/components/admin/billing/billing-words";
import { BillingRunView } from "@/components/admin/billing/runs/billing-run-view";
import { cycleOfMonth } from "@/lib/billing/cycle";
import { systemClock } from "@/lib/clock";
import { requireAdminPage } from "@/lib/composition/page-session";
import { AppError } from "@/lib/errors";

type Props = { params: Promise<{ id: string }> };

const getRun = cache(async (id: string) => {
  const page = await requireAdminPage(`/admin/billing/runs/${encodeURIComponent(id)}`);
  if (!z.guid().safeParse(id).success) notFound();
  try {
    return { ...page, run: await page.services.admin.billing.getRun(id) };
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  }
});

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { run } = await getRun((await params).id);
  return { title: `Billing run for ${cycleDays(run)}` };
}

export default async function BillingRunPage({ params }: Props) {
  const { run, session, admin } = await getRun((await params).id);
  return (
    <BillingRunView
      key={run.id}
      initial={run}
      cycle={cycleOfMonth(run.period_start.slice(0, 7), systemClock(), session.time_zone)}
      timeZone={session.time_zone}
      canStart={admin.permissions.includes("billing:manage_invoices")}
    />
  );
}
