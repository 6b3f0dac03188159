const KEY = "order-friend";

/** Who invited the order that was just placed; stays in this tab. */
export function rememberFriend(firstName: string | null): void {
  try {
    if (firstName) sessionStorage.setItem(KEY, firstName);
    else sessionStorage.removeItem(KEY);
  } catch {
    // The confirmation says "your friend" instead.
  }
}

export function rememberedFriend(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
