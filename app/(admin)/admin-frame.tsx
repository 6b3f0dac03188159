import "server-only";
import { type ReactNode, Suspense } from "react";
import { AdminShell } from "@/components/admin/shell/admin-shell";
import { AttentionBanner } from "@/components/admin/shell/attention-banner";
import { NavCount } from "@/components/admin/shell/nav-count";
import type { AttentionItem } from "@/lib/admin/attention-service";
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

/** How many mails were given up and wait for a person. */
async function FailedMails({ services }: Pick<PageSession, "services">) {
  try {
    const { total } = await services.admin.mailbox.countFailed();
    return <NavCount href="/admin/mailbox?status=failed" count={total} label="mails given up" />;
  } catch (error) {
    log().warn({ err: error }, "the menu shows no count of mails that were given up");
    return null;
  }
}

/** How many requests of colleagues wait for the reader's decision. */
async function WaitingForMe({ services }: Pick<PageSession, "services">) {
  try {
    const { for_me } = await services.admin.approvals.listWaiting();
    return (
      <NavCount
        href="/admin/approvals?status=pending"
        count={for_me}
        label="requests wait for you"
      />
    );
  } catch (error) {
    log().warn({ err: error }, "the menu shows no count of requests that wait");
    return null;
  }
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

/** The frame of the admin area, around a page that an admin reads. */
export async function AdminFrame({ page, children }: { page: PageSession; children: ReactNode }) {
  const { admin } = page.session;
  if (!admin) return children;
  return (
    <AdminShell
      brandName={page.session.brand_name}
      user={{ name: admin.name, role: ROLE_LABELS[admin.role] }}
      permissions={admin.permissions}
      counts={{
        billing: admin.permissions.includes("customers:view") ? (
          <Suspense>
            <UnbilledCount services={page.services} />
          </Suspense>
        ) : null,
        approvals: admin.permissions.includes("orders:manage") ? (
          <Suspense>
            <WaitingForMe services={page.services} />
          </Suspense>
        ) : null,
        mailbox: admin.permissions.includes("customers:view") ? (
          <Suspense>
            <FailedMails services={page.services} />
          </Suspense>
        ) : null,
      }}
    >
      <AttentionBanner
        isDemo={embeddedMode() === "demo"}
        items={await readAttention(page)}
        permissions={admin.permissions}
        timeZone={page.session.time_zone}
      />
      {children}
    </AdminShell>
  );
}
