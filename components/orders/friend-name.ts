const KEY = "order-friend";

/** Keeps the first name of the friend who invited the customer, for this tab only. */
export function rememberFriend(firstName: string | null): void {
  try {
    if (firstName) sessionStorage.setItem(KEY, firstName);
    else sessionStorage.removeItem(KEY);
  } catch {
    // The confirmation then says "the friend who invited you".
  }
}

/** The first name that was kept; null without one. */
export function rememberedFriend(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
