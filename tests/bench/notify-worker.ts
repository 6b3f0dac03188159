/**
 * One delivery in a process of its own, as a job is. Takes its options as JSON, finds the stack by
 * LOCAL_DATA_DIR, and prints when it began and ended and how many mails it sent as JSON.
 */
import { z } from "zod";
import { systemClock } from "@/lib/clock";
import { NotificationService } from "@/lib/notifications/delivery";
import { resendSender } from "@/lib/notifications/senders";
import { createServerClient } from "@/lib/supabase/clients";

const { baseUrl, budgetMs } = z
  .object({ baseUrl: z.url(), budgetMs: z.number().nullable() })
  .parse(JSON.parse(process.argv[2] ?? ""));

const service = new NotificationService({
  client: createServerClient(),
  clock: systemClock,
  sender: resendSender({
    apiKey: "re_bench",
    baseUrl,
    from: "Acme Fibre <hello@acmefibre.example>",
    clock: systemClock,
  }),
  settings: { siteUrl: "https://fibre.example", alertEmail: "alerts@fibre.example" },
});
const began = systemClock().getTime();
const { sent } = await service.deliverDue({ budgetMs: budgetMs ?? Number.POSITIVE_INFINITY });
const ended = systemClock().getTime();
process.stdout.write(`${JSON.stringify({ began, ended, sent })}\n`);
process.exit(0);
