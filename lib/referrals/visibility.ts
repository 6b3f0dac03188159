/** What the person who invited sees of the person who ordered, as both are told. */
export const INVITER_SEES =
  "your first name, the first letter of your last name, a masked e-mail address, and how far your order is";
