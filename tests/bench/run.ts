/**
 * `npm run bench -- [NAME] [--flags]`: measures on a database of its own and cleans up, also when
 * it is stopped. Prints a table, and one line of JSON last.
 */
import { parseArgs } from "node:util";
import { getEnv } from "@/lib/env";
import { runMain } from "@/supabase/local/process/run-main";
import { benchAdmin } from "./admin";
import { benchBilling } from "./billing";
import { benchFraud } from "./fraud";
import { benchFraudDatabase } from "./fraud-db";
import { benchLoad } from "./load";
import { benchNotify } from "./notify";
import { benchReads } from "./reads";
import { benchScale } from "./scale";
import { benchStories } from "./stories";
import { benchWeb } from "./web";

const USAGE = `Usage: npm run bench -- [NAME] [flags]

  reads     latency of the functions behind the hot pages (default)
              --customers N   from 100 (default 100000)
              --rounds N      measured calls per function (default 200)
  scale     seconds per call of what grows with the customer base; fails above 5
              --customers N   from 2000 (default 100000)
              --invoices N    default 1000000
  admin     latency of what the admin area reads; fails above 50 ms for a search, 200 ms for a year's figures
              --customers N   from 1000 (default 1000000)
              --referrals N   default as many as customers
              --invoices N    default 3 per customer
              --audit N       default 4 rows per customer
              --rounds N      measured calls per function (default 100)
  billing   one billing run, compared with one plain insert of the same invoices, and with one that
            queues no mails about them
              --services N    active services, from 100 (default 100000)
              --rewards N     customers with a free month waiting, up to half the services
                              (default a fifth)
  load      requests to the production build: reads over many connections, a crowd that
            orders at once, and another system that records referrals
              --orders N      that begin at once, from 10 (default 100)
              --connections N that read at once (default 20)
              --seconds N     of reading each page (default 5)
              --referrals N   that another system records over 50 connections (default 4000)
  notify    two workers that send mails, to a provider without a limit and to one with
              --mails N       to the one without, from 100 (default 10000)
              --seconds N     against the one with, from 5 (default 30)
              --limit N       requests per second that it takes (default 5)
  fraud     what the fraud rules catch and whom they hold, on a labelled world; no database
              --seed N        of the world (default 1)
              --pairs N       pairs of addresses compared (default 100000)
              --db            the evidence comes from the database, and verdicts are compared
              --percent N     how much of the world with --db (default 15)
              --customers N   customers besides with --db, for the latency (default 0)
  web       scripts, fonts, layout shift and time until a page can be used, on a slow phone and a
            slow line; fails above the budgets
  stories   how often the day first shown for a free month was the day on which it was earned
              --stories N     random histories (default 10000)
`;

const FLAGS = {
  reads: ["customers", "rounds"],
  admin: ["customers", "referrals", "invoices", "audit", "rounds"],
  billing: ["services", "rewards"],
  fraud: ["seed", "pairs", "db", "percent", "customers"],
  stories: ["stories"],
  notify: ["mails", "seconds", "limit"],
  scale: ["customers", "invoices"],
  load: ["orders", "connections", "seconds", "referrals"],
  web: [] as string[],
};
const isName = (name: string): name is keyof typeof FLAGS => Object.hasOwn(FLAGS, name);

class UsageError extends Error {}

function wholeNumber(text: string | undefined, fallback: number, least: number, most: number) {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError();
}

function choose(argv: string[]): () => object | Promise<object> {
  let parsed: ReturnType<typeof read>;
  try {
    parsed = read(argv);
  } catch {
    throw new UsageError();
  }
  const { values, positionals } = parsed;
  const [name = "reads", extra] = positionals;
  if (extra !== undefined || !isName(name)) throw new UsageError();
  if (Object.keys(values).some((flag) => !FLAGS[name].includes(flag))) throw new UsageError();
  if (name === "reads") {
    const customers = wholeNumber(values.customers, 100_000, 100, 10_000_000);
    const rounds = wholeNumber(values.rounds, 200, 1, 1_000_000);
    return () => benchReads({ customers, rounds });
  }
  if (name === "web") return benchWeb;
  if (name === "admin") {
    const customers = wholeNumber(values.customers, 1_000_000, 1_000, 10_000_000);
    const referrals = wholeNumber(values.referrals, customers, 1_000, customers);
    const invoices = wholeNumber(values.invoices, 3 * customers, 1_000, 100_000_000);
    const audit = wholeNumber(values.audit, 4 * customers, 1_000, 100_000_000);
    const rounds = wholeNumber(values.rounds, 100, 1, 1_000_000);
    return () => benchAdmin({ customers, referrals, invoices, audit, rounds });
  }
  if (name === "stories") {
    const stories = wholeNumber(values.stories, 10_000, 1, 1_000_000);
    return () => benchStories({ stories });
  }
  if (name === "notify") {
    const mails = wholeNumber(values.mails, 10_000, 100, 1_000_000);
    const seconds = wholeNumber(values.seconds, 30, 5, 3_600);
    const limit = wholeNumber(values.limit, 5, 1, 1_000);
    return () => benchNotify({ mails, seconds, limit });
  }
  if (name === "fraud") {
    const seed = wholeNumber(values.seed, 1, 0, 2 ** 31);
    const pairs = wholeNumber(values.pairs, 100_000, 1, 10_000_000);
    const percent = wholeNumber(values.percent, 15, 1, 100);
    const customers = wholeNumber(values.customers, 0, 0, 10_000_000);
    return () =>
      values.db ? benchFraudDatabase({ seed, percent, customers }) : benchFraud({ seed, pairs });
  }
  if (name === "load") {
    const orders = wholeNumber(values.orders, 100, 10, 5_000);
    const connections = wholeNumber(values.connections, 20, 1, 1_000);
    const seconds = wholeNumber(values.seconds, 5, 1, 600);
    const referrals = wholeNumber(values.referrals, 4_000, 50, 1_000_000);
    return () => benchLoad({ orders, connections, seconds, referrals });
  }
  if (name === "scale") {
    const customers = wholeNumber(values.customers, 100_000, 2_000, 10_000_000);
    const invoices = wholeNumber(values.invoices, 1_000_000, 2_000, 100_000_000);
    return () => benchScale({ customers, invoices });
  }
  const services = wholeNumber(values.services, 100_000, 100, 10_000_000);
  const rewards = wholeNumber(values.rewards, Math.floor(services / 5), 0, services / 2);
  return () => benchBilling({ services, rewards });
}

function read(argv: string[]) {
  return parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      customers: { type: "string" },
      rounds: { type: "string" },
      services: { type: "string" },
      rewards: { type: "string" },
      invoices: { type: "string" },
      referrals: { type: "string" },
      audit: { type: "string" },
      seed: { type: "string" },
      pairs: { type: "string" },
      db: { type: "boolean" },
      percent: { type: "string" },
      stories: { type: "string" },
      mails: { type: "string" },
      seconds: { type: "string" },
      limit: { type: "string" },
      orders: { type: "string" },
      connections: { type: "string" },
    },
  });
}

await runMain(async () => {
  try {
    const measure = choose(process.argv.slice(2));
    getEnv();
    console.error("Database: one of its own, made for this run and thrown away");
    const result = await measure();
    console.log(JSON.stringify(result));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(USAGE);
    return 2;
  }
}, "failure");
