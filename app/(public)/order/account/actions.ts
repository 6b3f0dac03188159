"use server";

import { randomBytes } from "node:crypto";
import { answerOrderForm } from "@/lib/composition/order-form";
import type { OrderFormState } from "@/lib/orders/order-form";

/** Answers the order form, sent by its script or by the browser alone. */
export async function submitOrder(_: OrderFormState, data: FormData): Promise<OrderFormState> {
  return answerOrderForm(data, randomBytes(16).toString("hex"));
}
