/** What one admin may not do alone, by HTTP. A billing run bills everybody, so the system is its own. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { approvalPageSchema, approvalSchema } from "@/lib/admin/approval-schemas";
import { pendingApprovalSchema } from "@/lib/billing/pending-approval";
import { localDate } from "@/lib/dates";
import type { Role } from "@/lib/permissions";
import type { Site } from "@/supabase/local/commands/next-server";
import { type Account, adminAccounts, call, dataOf, refusalOf } from "@/tests/support/api";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { countOf } from "@/tests/support/rows";
import { ownSite, ROOMY } from "@/tests/support/site";

let own: OwnStack;
let site: Site;
let admins: Record<Role, Account>;
beforeAll(async () => {
  process.env.LITE_AUTH_BCRYPT_COST ??= "4";
  own = await ownStack();
  site = await ownSite(own.stack, ROOMY);
  admins = await adminAccounts(own.sql, own.stack);
});
afterAll(async () => {
  await site?.stop();
  await own?.stop();
});
const reason = "Agreed by telephone";

describe("a billing run ahead of its month", () => {
  /** Each test asks for a month of its own. */
  let month = 0;
  const nextMonth = () => {
    month += 1;
    // The month of the billing time zone: around its turn UTC is still in the one before.
    const [year = 0, now = 0] = localDate(new Date(), "Africa/Johannesburg").split("-").map(Number);
    return new Date(Date.UTC(year, now - 1 + month, 1)).toISOString().slice(0, 7);
  };
  const ask = (token: string, period: string) =>
    call("POST", "/api/admin/billing/runs", {
      site: site.url,
      token,
      json: { period, force_reason: reason },
    });
  const decide = (token: string, id: string, decision: string) =>
    call("POST", `/api/admin/approvals/${id}`, {
      site: site.url,
      token,
      json: { decision, reason },
    });
  const listed = async (token: string, id: string) =>
    dataOf(
      await call("GET", "/api/admin/approvals", { site: site.url, token }),
      approvalPageSchema,
    ).approvals.find((approval) => approval.id === id);

  test("is an owner's to ask for, waits for a second person, and is carried out by their approval", async () => {
    const period = nextMonth();
    expect(refusalOf(await ask(admins.billing.token, period))).toBe("403 forbidden");
    const { approval_id: id } = dataOf(
      await ask(admins.owner.token, period),
      pendingApprovalSchema,
      202,
    );
    expect(await listed(admins.owner.token, id)).toMatchObject({
      status: "pending",
      is_mine: true,
      may_decide: false,
      requested_by_name: "Admin owner",
      reason,
    });
    expect(await listed(admins.billing.token, id)).toMatchObject({
      status: "pending",
      is_mine: false,
      may_decide: true,
    });
    expect(refusalOf(await decide(admins.owner.token, id, "approve"))).toBe("403 own_request");
    expect(refusalOf(await decide(admins.support.token, id, "approve"))).toBe("403 forbidden");
    const approved = dataOf(
      await decide(admins.billing.token, id, "approve"),
      approvalSchema.extend({ run_id: z.guid() }),
    );
    expect(approved).toMatchObject({ status: "approved", decided_by_name: "Admin billing" });
    const runs = await countOf(own.sql<{ n: number }[]>`
      select count(*)::integer as n from billing_runs where id = ${approved.run_id}`);
    expect(runs).toBe(1);
  });

  test("expires when nobody decides, and can then be asked for again", async () => {
    const period = nextMonth();
    const { approval_id: id, expires_at } = dataOf(
      await ask(admins.owner.token, period),
      pendingApprovalSchema,
      202,
    );
    expect(Date.parse(expires_at)).toBeGreaterThan(Date.now() + 71 * 3_600_000);
    await own.sql`update approvals set expires_at = now() where id = ${id}`;
    expect(await listed(admins.billing.token, id)).toMatchObject({ status: "expired" });
    expect(refusalOf(await decide(admins.billing.token, id, "approve"))).toBe(
      "409 approval_closed",
    );
    const again = dataOf(await ask(admins.owner.token, period), pendingApprovalSchema, 202);
    expect(again.approval_id).not.toBe(id);
    dataOf(await decide(admins.owner.token, again.approval_id, "withdraw"), approvalSchema);
  });
});
