/** How a home gets connected, and what an invitation means: before the order, after it and in mails. */
export const connecting = {
  samePrice: "The price is the same with and without an invitation.",
  inviterSees:
    "your first name, the first letter of your last name, a masked e-mail address, and how far your order is",
  technician: "A technician comes to your home",
  technicianText: "They bring what is needed and set it up with you.",
  technicianTextDays:
    "They bring what is needed and set it up with you. Most homes are connected within {days, plural, one {# day} other {# days}} of the order.",
  online: "You are online",
  onlineText:
    "From the day on which your service is active, you pay by the day for the first month.",
  orderOnline: "You order online",
  orderOnlineText:
    "It takes a few minutes, and you pay nothing today. We call you to agree on a day that suits you.",
  weCall: "We call you",
  weCallText: "On the number in your order, to agree on a day that suits you.",
} as const;
