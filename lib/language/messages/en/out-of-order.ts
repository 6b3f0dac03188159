/** Shown when not even the frame of a page could be made. It is small: browsers have all languages of it. */
export const outOfOrder = {
  title: "Out of order",
  heading: "We are having trouble right now",
  text: "Something went wrong on our side. Please try again in a minute.",
  tryAgain: "Try again",
} as const;
