import "server-only";
import { type ReactNode, Suspense } from "react";
import { AdminShell } from "@/components/admin/shell/admin-shell";
import { AttentionBanner } from "@/components/admin/shell/attention-banner";
import { NavCount } from "@/components/admin/shell/nav-count";
import { WorkCount } from "@/components/admin/shell/work-count";
import { BROWSER_AREAS, ClientTexts } from "@/components/ui/client-texts";
import type { AttentionItem } from "@/lib/admin/attention-service";
import type { WorkCounts } from "@/lib/admin/list-schemas";
import type { PageSession } from "@/lib/composition/page-session";
import { getEnv } from "@/lib/env";
import { log } from "@/lib/log";
import { ROLE_LABELS } from "@/lib/permissions";
import { embeddedMode } from "@/lib/supabase/embedded-mode";

/** How many months of services are not billed. It comes when it is counted: no page waits for it. */
async function UnbilledCount({ services }: Pick<PageSession, "services">) {
  try {
    const count = await services.admin.billing.countUnbilled();
    return <NavCount href="/admin/billing/unbilled" count={count} label="months not billed" />;
  } catch (error) {
    log().warn({ err: error }, "the menu shows no count of what is unbilled");
    return null;
  }
}

/** How much waits in a list of the menu. It comes when it is counted: no page waits for it. */
async function Waiting({
  of,
  counting,
}: {
  of: keyof WorkCounts;
  counting: Promise<WorkCounts | null>;
}) {
  const counted = await counting;
  return counted && <WorkCount of={of} counted={counted} />;
}

const WORK = ["review", "approvals", "claims", "orders", "mailbox"] as const;

/** What the menu counts, read once for all of it; nothing when it cannot be read. */
async function countWork({ services }: PageSession): Promise<WorkCounts | null> {
  try {
    return await services.admin.lists.countWork();
  } catch (error) {
    log().warn({ err: error }, "the menu shows no counts of what waits");
    return null;
  }
}

/** The numbers of the menu, each a link to the list of what it counts. */
function menuCounts(page: PageSession) {
  // A session without its second factor has no permission yet.
  if (!page.session.admin?.permissions.includes("customers:view")) return {};
  const counting = countWork(page);
  return {
    billing: (
      <Suspense>
        <UnbilledCount services={page.services} />
      </Suspense>
    ),
    ...Object.fromEntries(
      WORK.map((name) => [
        name,
        <Suspense key={name}>
          <Waiting of={name} counting={counting} />
        </Suspense>,
      ]),
    ),
  };
}

/** What needs a person; nothing when it cannot be read, so that no page fails for it. */
async function readAttention({ session, services }: PageSession): Promise<AttentionItem[]> {
  // A session without its second factor has no permission yet.
  if (!session.admin?.permissions.includes("customers:view")) return [];
  try {
    const found = await services.admin.attention.list();
    // A demo has no schedule for billing: people start it.
    const items = found.filter((item) => item.job !== "billing" || embeddedMode() !== "demo");
    const env = getEnv();
    // What this deployment is set up to do, the database does not know.
    const here: AttentionItem["kind"][] = [];
    if (embeddedMode() !== "demo" && !env.RESEND_API_KEY) here.push("mail_captured");
    if (!env.ENABLE_REFERRAL_REWARDS && session.switches.rewards) here.push("rewards_off");
    const nothing = { count: null, since: null, job: null, reason: null, cause: null };
    return [...here.map((kind) => ({ kind, ...nothing })), ...items];
  } catch (error) {
    log().warn({ err: error }, "the banner of what needs a person was left out");
    return [];
  }
}

/** The frame of the admin area, around a page that an admin reads. It is English, whatever page was open before. */
export async function AdminFrame({ page, children }: { page: PageSession; children: ReactNode }) {
  const { admin } = page.session;
  if (!admin) return children;
  return (
    <ClientTexts language="en" areas={BROWSER_AREAS}>
      <AdminShell
        brandName={page.session.brand_name}
        user={{ name: admin.name, role: ROLE_LABELS[admin.role] }}
        timeZone={page.session.time_zone}
        permissions={admin.permissions}
        counts={menuCounts(page)}
      >
        <AttentionBanner
          isDemo={embeddedMode() === "demo"}
          items={await readAttention(page)}
          permissions={admin.permissions}
          timeZone={page.session.time_zone}
        />
        {children}
      </AdminShell>
    </ClientTexts>
  );
}
