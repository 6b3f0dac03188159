/** How referring friends works. */
export const refer = {
  title: "Invite friends",
  description: "How {brand} customers earn free months by inviting friends.",
  pausedTitle: "The referral programme is paused",
  paused: "New referrals are not recorded at the moment. What you have earned stays yours.",
  shareLink: "Share your link",
  signInForLink: "Sign in to get your link",
  howReferringWorks: "How referring works",
  heading: "Good internet gets better with friends",
  intro:
    "{brand} connects your home. Invite the people you know, and for {friends, plural, one {every friend who stays} other {every {words} friends who stay}} connected, one of your months is free.",
  steps: {
    share: "Share your code",
    shareText:
      "Every customer has a personal code and link. Send it the way you like, or show the QR code when you meet.",
    connected: "Your friend gets connected",
    connectedText:
      "A friend orders with your code, at the same price. Once their service is active, {days, plural, one {# day} other {# days}} start to count. You see how far they are.",
    free: "Your month is free",
    freeText:
      "When {friends, plural, one {one friend has} other {{words} friends have}} counted, you earn a free month. It comes off the invoice of your next whole month by itself; there is nothing to claim.",
  },
  allRules: "All the rules, in plain words: <terms>referral terms</terms>",
  diagram: {
    friends: "{friends, plural, one {one friend} other {{words} friends}}",
    counts: "A friend who counts",
    invoice: "Your next invoice",
    reward: "Referral reward: free month",
    due: "Amount due",
    oneMonthFree: "One month free",
    example:
      "An example: {friends, plural, one {one friend} other {{words} friends}}, one month free.",
    plain: "{friends, plural, one {one friend} other {{words} friends}}, one month free.",
  },
  faq: {
    counts: "When does a friend count?",
    countsAnswer:
      "When their service has been active for {days, plural, one {# day} other {# days}}{invoices, plural, =0 {} one { and their first invoice is paid} other { and their first {words} invoices are paid}}. While it is suspended the days stand still. Your dashboard shows how far each friend is, and why one does not count.",
    arrives: "When does my free month arrive?",
    arrivesAnswer:
      "As soon as {friends, plural, one {one friend has} other {{words} friends have}} counted, it is reserved for you and comes off the invoice of your next whole month. Your dashboard shows that invoice before it is issued.{capped, select, yes { It is worth up to {cap}.} other {}}",
    more: "Can I earn more than one?",
    moreAnswer:
      "Yes. Free months add up, and one is used per monthly invoice. If you have several services, it pays for the most expensive one.",
    expire: "Do free months expire?",
    expireAnswer:
      "Unused ones do, after {months, plural, one {one month} other {{words} months}}. We write to you 30 days before.",
    privacy: "Can other people see who my friends are?",
    privacyAnswer:
      "No. You see your friends by first name and initial, and they see your first name when they open your link.",
    price: "Does a friend pay more with a code?",
    priceAnswer: "No. The price is the same with and without a code, and the code is optional.",
  },
} as const;
