import { z } from "zod";
import { AppError } from "@/lib/errors";
import type { BillingError } from "./schemas";

/** Errors that are kept one by one; of further ones only the number. */
export const MAX_ERRORS = 1_000;

/** About the run as a whole. */
export const runError = (message: string): BillingError => ({
  customer_id: null,
  service_id: null,
  message,
});

export const isOfTheRun = ({ customer_id }: BillingError) => customer_id === null;

/** Errors that this process found, the first one of each service, and a bounded list of them. */
export class ErrorList {
  readonly list: BillingError[] = [];
  readonly #known = new Set<string>();

  /** How many errors there are, also those that the list has no room for. */
  get count(): number {
    return this.#known.size;
  }

  add(error: BillingError): void {
    const about = error.service_id ?? error.customer_id ?? error.message;
    if (this.#known.has(about)) return;
    this.#known.add(about);
    if (this.list.length < MAX_ERRORS || isOfTheRun(error)) this.list.push(error);
  }

  /** Adds how many errors the list has no room for. */
  close(): void {
    const more = this.count - this.list.length;
    if (more > 0) this.add(runError(`… and ${more} more, named in the server's log.`));
  }

  /** Whether a service or a customer is among them. */
  has(id: string): boolean {
    return this.#known.has(id);
  }
}

/** Describes a failure in one line, for the people who look after the run. */
export function describe(error: unknown): string {
  if (error instanceof z.ZodError) {
    const issue = error.issues[0];
    return issue ? `${issue.path.join(".")}: ${issue.message}` : "The facts are not usable.";
  }
  const cause = error instanceof AppError && error.code === "internal" ? error.cause : error;
  if (cause instanceof Error) return cause.message;
  const message = z.object({ message: z.string().min(1) }).safeParse(cause);
  return message.success ? message.data.message : "The reason is not known.";
}
