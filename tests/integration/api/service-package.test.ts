import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dashboardDocumentSchema } from "@/lib/account/schemas";
import { packageChangeSchema } from "@/lib/admin/order-schemas";
import {
  type Account,
  adminAccount,
  call,
  customerAccount,
  dataOf,
  errorOf,
  refusalOf,
  tokenClient,
} from "@/tests/support/api";
import { newPackage } from "@/tests/support/builders";
import { sharedDatabase } from "@/tests/support/database";
import { one } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

let billing: Account;
beforeAll(async () => {
  billing = await adminAccount(sql, "billing");
});

const reason = "Wants to play games";
const change = (service: string, json: object) =>
  call("POST", `/api/admin/services/${service}/package`, { token: billing.token, json });

async function customerWithService(cents: number) {
  const account = await customerAccount(sql, { priceCents: cents });
  const service = one(
    await sql<{ id: string }[]>`
      select id from customer_services where customer_id = ${account.customer.id}`,
  ).id;
  return { ...account, service };
}

const today = async () =>
  one(
    await sql<{ day: string }[]>`
      select private.local_date(now(), private.billing_time_zone())::text as day`,
  ).day;

describe("POST /api/admin/services/[id]/package", () => {
  test("answers with the service and the day from which the new price counts", async () => {
    const { service, customer, token } = await customerWithService(79_900);
    const sold = await newPackage(sql, { name: "Fibre 200", priceCents: 99_900 });
    const day = await today();
    const answer = await change(service, { package_slug: sold.slug, reason: `  ${reason} ` });
    const data = dataOf(answer, packageChangeSchema);
    expect(data).toMatchObject({
      id: service,
      customer_id: customer.id,
      status: "active",
      package_name: "Fibre 200",
      monthly_price_cents: 99_900,
      earlier_price: null,
      effective_on: day,
    });
    const row = one(
      await sql`
        select actor_id, reason, from_price_cents::integer, to_price_cents::integer
        from service_price_changes where service_id = ${service}`,
    );
    expect(row).toEqual({
      actor_id: billing.userId,
      reason,
      from_price_cents: 79_900,
      to_price_cents: 99_900,
    });

    const { data: own } = await tokenClient(token).rpc("get_my_dashboard");
    const dashboard = dashboardDocumentSchema.parse(own);
    expect(dashboard.services).toMatchObject([
      { package_name: "Fibre 200", monthly_price_cents: 99_900 },
    ]);
  });

  test("asked again says that there is nothing to change, and changes nothing", async () => {
    const { service } = await customerWithService(79_900);
    const body = { package_slug: (await newPackage(sql, { priceCents: 99_900 })).slug, reason };
    const answers = await Promise.all([change(service, body), change(service, body)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
    const refused = answers.filter((answer) => answer.status === 409).map(refusalOf);
    expect(refused).toEqual(["409 package_unchanged"]);
    const rows = await sql`select id from service_price_changes where service_id = ${service}`;
    expect(rows).toHaveLength(1);
  });

  test("refuses what is not for sale, does not exist or has ended", async () => {
    const { service } = await customerWithService(79_900);
    const { slug } = await newPackage(sql, { priceCents: 99_900 });
    expect(refusalOf(await change(randomUUID(), { package_slug: slug, reason }))).toBe(
      "404 not_found",
    );
    expect(refusalOf(await change(service, { package_slug: "no-such-package", reason }))).toBe(
      "404 not_found",
    );
    await sql`update service_packages set is_active = false where slug = ${slug}`;
    expect(refusalOf(await change(service, { package_slug: slug, reason }))).toBe("404 not_found");
    await sql`update service_packages set is_active = true where slug = ${slug}`;
    await sql`
      update customer_services set status = 'cancelled', cancelled_at = activated_at
      where id = ${service}`;
    expect(refusalOf(await change(service, { package_slug: slug, reason }))).toBe(
      "409 package_not_changeable",
    );
  });

  test("names each field that is wrong", async () => {
    const { service } = await customerWithService(79_900);
    for (const package_slug of ["", "   ", "a".repeat(81), "Not a slug", 7, null]) {
      const error = errorOf(await change(service, { package_slug, reason: "" }));
      expect(error).toMatchObject({ status: 400, code: "invalid_request" });
      expect(Object.keys(error.fields).sort()).toEqual(["package_slug", "reason"]);
    }
  });
});
