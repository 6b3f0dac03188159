import { describe, expect, test } from "vitest";
import { exportHref, linksOf, readCursor, readList } from "@/app/(admin)/admin/list-state";
import { cycleOptions } from "@/components/admin/billing/billing-words";
import { CUSTOMER_LIST, ORDER_LIST, UNBILLED_LIST } from "@/components/admin/lists/definitions";
import { columnsCsv, plain, time } from "@/lib/csv-columns";
import { encodeCursor } from "@/lib/paging";
import { id } from "@/tests/support/facts";

const cursor = { at: "2026-11-10T08:00:00.123456+00:00", id: id(1) };
const text = encodeCursor(cursor) ?? "";
const queryOf = (address: string | null | undefined) =>
  Object.fromEntries(new URL(address ?? "", "https://x.test").searchParams);

describe("a list in its address", () => {
  test("is its first page in its usual order without any wish", () => {
    const list = readList(ORDER_LIST, {});
    expect(list).toMatchObject({
      isFiltered: false,
      hiddenColumns: [],
      page: { cursor: undefined, limit: 25, sort: undefined, count: true },
    });
    expect(list.href()).toBe("/admin/orders");
  });

  test("keeps filters, order, size and columns from page to page, and a change starts at the top", () => {
    const list = readList(
      ORDER_LIST,
      {
        status: "active",
        sort: "created_at",
        size: "50",
        cols: ["status", "created_at"],
        cursor: text,
      },
      { status: "active", q: undefined },
    );
    expect(list.page).toEqual({
      cursor,
      backward: false,
      limit: 50,
      sort: "created_at",
      count: true,
    });
    expect(list.isFiltered).toBe(true);
    expect(list.hiddenColumns).toEqual(["package_name", "referrer"]);
    const kept = { status: "active", sort: "created_at", size: "50", cols: "created_at.status" };
    const links = linksOf(list, { next_cursor: cursor, previous_cursor: cursor });
    expect(queryOf(links.nextHref)).toEqual({ ...kept, cursor: text });
    expect(queryOf(links.previousHref)).toEqual({ ...kept, before: text });
    expect(queryOf(links.firstHref)).toEqual(kept);
    expect(queryOf(list.href({ status: "pending" }))).toEqual({ ...kept, status: "pending" });
    expect(links.sizes.map(({ label, current }) => [label, current])).toEqual([
      ["25", false],
      ["50", true],
      ["100", false],
    ]);
  });

  test("reads its own columns back", () => {
    expect(readList(ORDER_LIST, { cols: "created_at.status" }).hiddenColumns).toEqual([
      "package_name",
      "referrer",
    ]);
  });

  test("is read backward from a place before which it ends", () => {
    const list = readList(ORDER_LIST, { before: text, cursor: "ignored" });
    expect(list.page).toMatchObject({ cursor, backward: true });
  });

  test.each([
    [{ cursor: "damaged" }],
    [{ before: "damaged" }],
    [{ sort: "customer_id", size: "7", cols: "nothing" }],
    [{ sort: "-package_name", size: "100000", cols: ["", "\u0000"] }],
  ])("takes %j for no wish", (given) => {
    const list = readList(ORDER_LIST, given);
    expect(list.page).toMatchObject({ cursor: undefined, limit: 25, sort: undefined });
    expect(list.page.backward).toBeFalsy();
    expect(list.hiddenColumns).toEqual([]);
    expect(list.href()).toBe("/admin/orders");
  });

  test("has links at its headings that turn the order round and back", () => {
    const usual = readList(CUSTOMER_LIST, {}).sortLinks;
    expect(usual.created_at).toEqual({
      direction: "desc",
      href: "/admin/customers?sort=created_at",
    });
    expect(usual.name).toEqual({ direction: "none", href: "/admin/customers?sort=full_name" });
    const turned = readList(CUSTOMER_LIST, { sort: "created_at" }).sortLinks;
    expect(turned.created_at).toEqual({ direction: "asc", href: "/admin/customers" });
    const named = readList(CUSTOMER_LIST, { sort: "full_name" }).sortLinks;
    expect(named.name).toEqual({ direction: "asc", href: "/admin/customers?sort=-full_name" });
    expect(named.created_at).toEqual({ direction: "none", href: "/admin/customers" });
    expect(readList(UNBILLED_LIST, {}).sortLinks).toEqual({});
  });

  test("leaves as a file with its filters and order, for those who may export", () => {
    const list = readList(ORDER_LIST, { size: "50", sort: "created_at" }, { status: "active" });
    expect(exportHref(list, { permissions: ["data:export"] }, "orders")).toBe(
      "/api/admin/lists/orders?status=active&sort=created_at",
    );
    expect(exportHref(list, { permissions: ["customers:view"] }, "orders")).toBeUndefined();
  });

  test("a damaged cursor of another list starts at the top", () => {
    expect(readCursor(undefined)).toBeUndefined();
    expect(readCursor("x")).toBeUndefined();
    expect(readCursor(text)).toEqual(cursor);
  });
});

describe("files of lists", () => {
  type Row = { name: string; at: string | null };
  const columns = [plain<Row>("name", (row) => row.name), time<Row>("made_at", (row) => row.at)];

  test("have local times, and name their time zone once in the heading", () => {
    const rows = [
      { name: "A", at: "2026-11-30T22:30:00.123Z" },
      { name: "B", at: null },
    ];
    expect(columnsCsv(columns, rows, { header: true, timeZone: "Africa/Johannesburg" })).toBe(
      "name,made_at (Africa/Johannesburg)\r\nA,2026-12-01 00:30:00\r\nB,\r\n",
    );
  });
});

test("cycles to filter by begin with the next one, across the end of a year", () => {
  const options = cycleOptions("2026-12-31");
  expect(options.slice(0, 3)).toEqual([
    { value: "2027-01", label: "January 2027" },
    { value: "2026-12", label: "December 2026" },
    { value: "2026-11", label: "November 2026" },
  ]);
  expect(options).toHaveLength(38);
});
