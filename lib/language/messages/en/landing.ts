/** The landing page and the packages. */
export const landing = {
  title: "{brand}: home internet",
  description:
    "Home internet from {brand}: packages with their prices, ordered in a few minutes and installed by a technician.",
  heading: "Home internet from {brand}",
  intro:
    "Choose a package and order it in a few minutes. A technician connects your home, and you pay from the day on which it works.",
  seePackages: "See the packages",
  whatNext: "What happens next",
  facts: {
    from: "From",
    fromNote: "a month, including VAT",
    upTo: "Up to",
    upToNote: "download",
    today: "Today",
    todayNote: "to pay when you order",
  },
  questions: "Questions people ask",
  packages: {
    title: "Packages",
    description: "Home internet packages from {brand}, with prices per month including VAT.",
    heading: "Choose your package",
    intro:
      "Prices are per month and include VAT. You pay from the day on which your service is active.",
    introByDay: "Prices are per month and include VAT. Your first month is charged by the day.",
    introDayOn:
      "Prices are per month and include VAT. Your first month is charged by the day, from the day your service is on.",
    invitation: "The invitation by <name></name> goes with your order. {samePrice}",
    none: "There is no package on sale at the moment",
    noneText: "Please write to <email></email>, and we will help you.",
    earn: "Once you are connected, you earn a free month for {friends, plural, one {every friend} other {every {words} friends}} you invite. <refer>How referring works</refer>",
    compare: "Compare all packages",
    speeds: "{down} Mbps down, {up} Mbps up",
    speed: "{mbps} Mbps",
    aMonth: "a month",
    download: "Download",
    upload: "Upload",
    order: "Order<name></name>",
  },
  invited: {
    title: "{name} invites you to {brand}",
    heading: "<name></name> invites you to {brand}",
    description: "Home internet from {brand}. {samePrice}",
    intro:
      "<name></name> gets the internet at home from us, and thought of you. Choose a package below; the invitation goes with your order.",
    means: "What it means for you",
    samePrice: "The same price",
    nothingToday: "Nothing to pay today",
    nothingTodayText: "You pay from the day on which your service is active.",
    dayText: "We call you to agree on a day that suits you.",
    daysText:
      "On a day that suits you. Most homes are connected within {days, plural, one {# day} other {# days}} of the order.",
  },
  banner: {
    label: "Invitation",
    own: "This is your own invitation link.",
    ownText: "It is for the people you invite.",
    seeJoined: "See who joined",
    customer:
      "You are a customer already, so the invitation by <name></name> does not apply to you.",
    inviteYourself: "Invite friends yourself",
    invitedBy: "Invited by <name></name>",
  },
  faq: {
    pay: "When do I pay?",
    payAnswer:
      "Nothing when you order. Your first invoice covers the days from the day on which your service is active to the end of that month. After that you get one invoice a month.",
    day: "Who agrees on the day of the installation?",
    dayAnswer:
      "We call you on the number in your order. You choose a day on which somebody is at home.",
    friend: "A friend of mine is a customer. What do I do?",
    friendAnswer:
      "Open their link before you order, or type their code into the order form. It is optional, and the price is the same.",
    more: "Do I pay more because {name} invited me?",
    moreAnswer: "No. {samePrice}",
    sees: "What does {name} see of me?",
    seesAnswer:
      "Once you have ordered: {sees}. Your address, phone number and invoices are not shown to anybody.",
    haveTo: "Do I have to order today?",
    haveToAnswer:
      "No. This browser remembers the invitation for {days, plural, one {# day} other {# days}}. You can also type the code into the order form later, or order without it.",
  },
  account: "Your account with {brand}.",
} as const;
