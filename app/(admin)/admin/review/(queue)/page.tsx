import type { Metadata } from "next";
import { AppealList } from "@/components/admin/review/appeal-list";
import { toReviewCase } from "@/components/admin/review/review-case";
import { ReviewQueue } from "@/components/admin/review/review-queue";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import { countOf } from "@/lib/words";
import type { SearchParams } from "../../list-query";
import { cursorOf, pageLinks } from "../../paging";

const PATH = "/admin/review";

export const metadata: Metadata = { title: "Review" };

export default async function ReviewPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, services } = await requireAdminPage(PATH, "referrals:review");
  const cursor = cursorOf(await searchParams);
  const page = await services.admin.referrals.getReviewQueue({ cursor });
  const { time_zone: timeZone } = session;

  return (
    <>
      <PageHeader
        title="Review"
        description={
          page.open === 0
            ? "A person decides about each referral that raises a signal."
            : `${countOf(page.holds, "referral holds", "referrals hold")} a reward, ${countOf(page.open - page.holds, "is", "are")} for information. The strongest come first; a person decides about each of them.`
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
        <Pagination
          label="Review queue"
          shown={page.queue.length}
          total={page.open}
          {...pageLinks(PATH, {}, { cursor, next: page.next_cursor })}
        />
      </div>
    </>
  );
}
