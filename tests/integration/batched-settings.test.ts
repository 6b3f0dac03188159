import postgres, { type Sql } from "postgres";
import { afterAll, beforeEach, expect, it } from "vitest";
import { batchSettings } from "@/supabase/local/stack/batched-settings";
import { testStack } from "@/tests/support/context";

/** What was sent to the database, in order. */
let sent: string[] = [];
const sql: Sql = postgres(testStack().dbUrl, {
  max: 1,
  onnotice: () => {},
  debug: (_connection, text) => sent.push(text),
});
batchSettings(sql);
afterAll(() => sql.end({ timeout: 2 }));
beforeEach(async () => {
  // The first query of a connection also asks for the types that the database knows.
  await sql`select 1`;
  sent = [];
});

const setting = (name: string) => `SELECT set_config('${name}', $1, true)`;
const readBack = "select current_setting('request.path', true) as path, current_user as role";

it("sends the facts of a request with its statement, and they hold until the transaction ends", async () => {
  const connection = await sql.reserve();
  await connection.unsafe("begin");
  await connection.unsafe(setting("role"), ["authenticated"]);
  await connection.unsafe(setting("request.path"), ["/rpc/it's"]);
  await connection.unsafe("SELECT set_config('response.status', '', true)");
  expect(sent).toEqual([]);

  const [row] = await connection.unsafe(readBack);
  expect(row).toEqual({ path: "/rpc/it's", role: "authenticated" });
  expect(sent).toEqual([
    "begin",
    "select set_config('role', $1, true), set_config('request.path', $2, true), set_config('response.status', $3, true)",
    readBack,
  ]);

  await connection.unsafe("commit");
  const [after] = await connection.unsafe(readBack);
  expect(after?.role).not.toBe("authenticated");
  expect(after?.path ?? "").toBe("");
  connection.release();
});

it("sends nothing of a transaction without a statement, and leaves nothing to the next one", async () => {
  for (const end of ["commit", "rollback", null]) {
    const connection = await sql.reserve();
    await connection.unsafe("begin");
    await connection.unsafe(setting("role"), ["anon"]);
    if (end) await connection.unsafe(end);
    connection.release();
  }
  expect(sent).toEqual([]);
  const connection = await sql.reserve();
  const [row] = await connection.unsafe("select current_user as role");
  expect(row?.role).not.toBe("anon");
  connection.release();
});

it("names the fact that the database refused, and the transaction can be taken back", async () => {
  const connection = await sql.reserve();
  await connection.unsafe("begin");
  await connection.unsafe(setting("role"), ["nobody-of-this-name"]);
  await expect(connection.unsafe("select 1 as one")).rejects.toMatchObject({
    message: expect.stringContaining("nobody-of-this-name"),
  });
  await connection.unsafe("rollback");
  expect(await connection.unsafe("select 1 as one")).toEqual([{ one: 1 }]);
  connection.release();
});

it("states a setting at once outside a transaction", async () => {
  const connection = await sql.reserve();
  await connection.unsafe(setting("request.path"), ["/outside"]);
  expect(sent).toEqual([setting("request.path")]);
  connection.release();
});
