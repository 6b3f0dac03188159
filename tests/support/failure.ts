import { AppError } from "@/lib/errors";

/** The error with which a call failed. Fails when it went through or broke in another way. */
export async function failureOf(work: Promise<unknown>): Promise<AppError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("it went through");
}
