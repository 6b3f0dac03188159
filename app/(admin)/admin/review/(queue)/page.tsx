import type { Metadata } from "next";
import { REVIEW_LIST } from "@/components/admin/lists/definitions";
import { AppealList } from "@/components/admin/review/appeal-list";
import { toReviewCase } from "@/components/admin/review/review-case";
import { ReviewQueue } from "@/components/admin/review/review-queue";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import { countOf } from "@/lib/words";
import type { SearchParams } from "../../list-query";
import { linksOf, readList } from "../../list-state";

export const metadata: Metadata = { title: "Review" };

export default async function ReviewPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, services } = await requireAdminPage(REVIEW_LIST.path, "referrals:review");
  const list = readList(REVIEW_LIST, await searchParams);
  const { cursor, backward, limit } = list.page;
  const page = await services.admin.referrals.getReviewQueue({ cursor, backward, limit });
  const { time_zone: timeZone } = session;

  return (
    <>
      <PageHeader
        title="Review"
        description={
          page.open === 0
            ? "A person decides about each referral that raises a signal."
            : `${countOf(page.holds, "referral holds", "referrals hold")} a reward, ${countOf(page.open - page.holds, "is", "are")} for information. Your own case comes first, then the strongest; a person decides about each of them.`
        }
      />
      <AppealList appeals={page.appeals} timeZone={timeZone} />
      <ReviewQueue
        key={cursor?.id ?? "first"}
        cases={page.queue.map((item) => toReviewCase(item, timeZone))}
        open={page.open}
        timeZone={timeZone}
      />
      <div className="mt-4 sm:mt-6">
        <Pagination {...linksOf(list, page)} shown={page.queue.length} total={page.open} />
      </div>
    </>
  );
}
