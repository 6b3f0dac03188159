"use client";

import { Card, CardHeader } from "@/components/ui/card";
import { Skeleton, SkeletonGroup, SkeletonRows } from "@/components/ui/skeleton";
import { useTexts } from "@/components/ui/texts";

/** The dashboard while it loads, in its final size. */
export function DashboardSkeleton() {
  const t = useTexts("account");
  const friends = useTexts("friends");
  return (
    <>
      <h1 className="sr-only">{t("title")}</h1>
      <SkeletonGroup label={t("loading")} className="mb-6 sm:mb-8">
        <Skeleton className="h-8 w-44 sm:h-9" />
        <Skeleton className="mt-3 h-5 w-72 max-w-full" />
      </SkeletonGroup>
      <div aria-hidden="true" className="grid gap-4 sm:gap-6 lg:grid-cols-2">
        <Card className="min-h-44">
          <CardHeader title={t("services.title", { services: 1 })} />
          <Skeleton className="h-6 w-48" />
          <Skeleton className="mt-3 w-56 max-w-full" />
          <Skeleton className="mt-4 w-40" />
        </Card>
        <Card className="min-h-44">
          <CardHeader title={friends("nextInvoice.title")} />
          <Skeleton className="w-full" />
          <Skeleton className="mt-4 w-full" />
          <Skeleton className="mt-4 ml-auto h-7 w-28" />
        </Card>
        <Card padding="flush" className="lg:col-span-2">
          <div className="border-b px-4 py-4 sm:px-6">
            <Skeleton className="h-5 w-40" />
            <Skeleton className="mt-2 w-72 max-w-full" />
          </div>
          <div className="grid lg:grid-cols-[minmax(0,1.5fr)_minmax(0,1fr)] lg:divide-x lg:divide-border">
            <div className="flex flex-col gap-6 p-4 sm:p-6">
              <div>
                <Skeleton className="w-20" />
                <Skeleton className="mt-3 h-9 w-64 max-w-full" />
              </div>
              <div>
                <Skeleton className="w-40" />
                <Skeleton className="mt-3 h-24 w-full" />
                <Skeleton className="mt-10 h-11 w-full sm:w-32" />
                <Skeleton className="mt-6 w-40" />
              </div>
              <Skeleton className="mt-10 h-24 w-full sm:h-11" />
            </div>
            <div className="flex flex-col items-center justify-center gap-5 border-t p-4 sm:p-6 lg:border-t-0">
              <Skeleton className="size-34 rounded-full" />
              <Skeleton className="h-16 w-72 max-w-full" />
            </div>
          </div>
          <div className="border-t">
            <div className="px-4 pt-5 pb-1 sm:px-6">
              <Skeleton className="w-20" />
            </div>
            {["first", "second"].map((row) => (
              <div key={row} className="border-b px-4 py-4 last:border-b-0 sm:px-6">
                <Skeleton className="h-5 w-40" />
                <Skeleton className="mt-2 w-32" />
                <Skeleton className="mt-3 w-64 max-w-full" />
                <Skeleton className="mt-6 mb-4 h-36 w-full sm:h-12" />
              </div>
            ))}
          </div>
        </Card>
        <Card padding="flush" className="lg:col-span-2">
          <CardHeader title={t("invoices.title")} divided />
          <SkeletonRows rows={3} label="" />
        </Card>
      </div>
    </>
  );
}
