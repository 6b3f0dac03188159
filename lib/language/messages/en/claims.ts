/** A customer says who invited them, and that person confirms it. */
export const claims = {
  title: "Did somebody invite you?",
  text: "If you forgot their code when you ordered, tell us whose it was.",
  code: "Code of the person who invited you",
  send: "Send",
  sending: "Sending",
  told: "You told us that <code></code> is the code of the person who invited you",
  open: "We have asked the person to confirm it, and then look at it. You get a mail.",
  confirmed: "It is confirmed. We are looking at it, and you get a mail.",
  answer: {
    title: "Did you invite them?",
    text: "They say that you did, and that your code was forgotten. If you confirm it, we look at it.",
    yes: "Yes, I did",
    yesName: "Yes, I invited {name}",
    no: "No",
    noName: "No, I did not invite {name}",
    failed: "That did not work.",
    thanksYes: "Thank you. We look at it now.",
    thanksNo: "Thank you. We leave it at that.",
  },
} as const;
