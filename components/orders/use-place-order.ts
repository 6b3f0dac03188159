"use client";

import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { sendJson } from "@/components/api-client";
import { forgetInvitation } from "@/components/public/invitation/stored-invitation";
import type { OrderPlacement } from "@/lib/orders/order-service";
import { confirmationPath } from "./confirmation-path";
import { rememberFriend } from "./friend-name";
import { orderKey, renewOrderKey } from "./order-key";
import { findErrors, type OrderRequestBody } from "./order-request";

export type OrderFailure = {
  message: string;
  /** The sign-in page, where signing in helps. */
  signIn?: string;
};

export type PlaceOrderOptions = {
  packageSlug: string;
  /** The sign-in page that leads back to this order. */
  signInPath: string;
  /** The first name of the friend who invited the customer, if any. */
  friendName: () => string | null;
  /** Shows one sentence per wrong field, keyed by its path; an empty record takes them away. */
  showErrors: (errors: Readonly<Record<string, string>>) => void;
};

/**
 * Checks an order, sends it, and goes to the confirmation. The same order is sent again under the
 * same idempotency key, so a lost answer does not place it twice.
 */
export function usePlaceOrder({
  packageSlug,
  signInPath,
  friendName,
  showErrors,
}: PlaceOrderOptions) {
  const router = useRouter();
  const [failure, setFailure] = useState<OrderFailure | null>(null);
  const [sending, setSending] = useState(false);
  const [leaving, startLeaving] = useTransition();

  async function send(order: OrderRequestBody): Promise<void> {
    const answer = await sendJson<OrderPlacement>("/api/orders/create", {
      body: order,
      headers: { "idempotency-key": orderKey() },
    });
    if (answer.ok) {
      renewOrderKey();
      // An invitation that was not used is kept.
      if (answer.data.referral.status === "recorded") forgetInvitation();
      rememberFriend(friendName());
      startLeaving(() => {
        router.replace(confirmationPath(answer.data, packageSlug));
        router.refresh();
      });
      return;
    }
    showErrors(answer.fields);
    if (answer.code === "idempotency_key_reused") {
      renewOrderKey();
      setFailure({
        message:
          "We have already received an order with your earlier details. Sign in to see it, or press the button again to place another one.",
        signIn: "/sign-in?next=/dashboard",
      });
      return;
    }
    setFailure({
      message: answer.fields.package_slug ?? answer.message,
      signIn: answer.code === "email_taken" ? signInPath : undefined,
    });
  }

  async function placeOrder(order: OrderRequestBody): Promise<void> {
    if (sending || leaving) return;
    setFailure(null);
    setSending(true);
    try {
      const errors = await findErrors(order);
      showErrors(errors);
      if (Object.keys(errors).length === 0) await send(order);
    } catch {
      // The checks could not be loaded.
      setFailure({
        message: "We could not reach the server. Please check your connection and try again.",
      });
    } finally {
      setSending(false);
    }
  }

  return { placeOrder, failure, pending: sending || leaving };
}
