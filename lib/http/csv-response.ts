import "server-only";
import { z } from "zod";
import { CSV_BOM } from "@/lib/csv";
import { log } from "@/lib/log";
import type { Cursor } from "@/lib/paging";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

/** A part of an export: its text, and how many rows of data are in it. */
export interface CsvPage {
  text: string;
  rows: number;
}

/** Rows of a list as text, and all its pages one after the other: one page is in memory at a time. */
export async function* csvPages<Row>(
  kind: { csv(rows: readonly Row[], options: { header: boolean }): string },
  read: (
    cursor: Cursor | undefined,
  ) => Promise<{ rows: readonly Row[]; next_cursor: Cursor | null }>,
): AsyncGenerator<CsvPage> {
  let cursor: Cursor | undefined;
  do {
    const { rows, next_cursor } = await read(cursor);
    yield { text: kind.csv(rows, { header: cursor === undefined }), rows: rows.length };
    cursor = next_cursor ?? undefined;
  } while (cursor);
}

/** What is exported, by whom. */
interface Export {
  /** Name of the file, and of the export in the audit log. */
  name: string;
  /** The auth user. */
  actor: string;
  filter: Record<string, unknown>;
}

/**
 * Pages as one CSV stream. The audit log gets a row before the first byte leaves, and one with the
 * number of rows at the end, also when the reader breaks off.
 *
 * @throws AppError of the first page, and when the export cannot be recorded.
 */
export async function csvResponse(
  server: ServerClient,
  { name, actor, filter }: Export,
  pages: AsyncGenerator<CsvPage>,
): Promise<Response> {
  const record = (stage: "started" | "completed" | "cut_short", rows?: number) =>
    callRpc(
      server,
      "record_export",
      {
        p_actor: actor,
        p_subject: name,
        p_stage: stage,
        p_filter: JSON.parse(JSON.stringify(filter)),
        p_rows: rows,
      },
      z.unknown(),
    );
  let page = await pages.next();
  await record("started");

  let rows = 0;
  let isOver = false;
  const end = async (stage: "completed" | "cut_short") => {
    if (isOver) return;
    isOver = true;
    await record(stage, rows).catch((error: unknown) => {
      log().error({ err: error, actor, rows }, "the end of an export could not be audited");
    });
  };
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(CSV_BOM));
    },
    async pull(controller) {
      try {
        if (page.done) {
          await end("completed");
          controller.close();
          return;
        }
        controller.enqueue(encoder.encode(page.value.text));
        rows += page.value.rows;
        page = await pages.next();
      } catch (error) {
        await end("cut_short");
        throw error;
      }
    },
    async cancel() {
      await end("cut_short");
    },
  });
  return new Response(stream, {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${name}.csv"`,
      "cache-control": "no-store",
    },
  });
}
