/** The programme's rules in plain words, and the page that shows them. */
export const terms = {
  title: "Referral terms",
  versionTitle: "Referral terms, version {version}",
  description: "The rules of the {brand} referral programme, in plain words.",
  inForce: "The terms in force",
  current:
    "How referring friends to {brand} works, in plain words. These are the terms in force today: version {version}.",
  currentSince:
    "How referring friends to {brand} works, in plain words. These are the terms in force today: version {version}, since <from></from>.",
  earlier: "Version {version}, an earlier one. It holds for friends who ordered in that time.",
  earlierFromTo:
    "Version {version}, an earlier one: it was in force from <from></from> to <until></until>. It holds for friends who ordered in that time.",
  allVersions: "All versions",
  allVersionsText:
    "A friend keeps the version that was in force when they ordered. Your dashboard names it for each friend.",
  version: "Version {version}",
  inForceSince: "in force since <from></from>",
  from: "from <from></from>",
  unclear: "Something is unclear? Write to <email></email>.",
  rules: {
    paused: "The programme is paused",
    pausedText:
      "New referrals are not recorded at the moment. What you have earned stays yours, and we will say here when the programme continues.",
    who: "Who can take part",
    whoText:
      "Every {brand} customer has a personal referral code and link. You can refer friends while your service is active and your account has no overdue invoice.",
    earn: "What you earn",
    earnText:
      "For every {friends, plural, one {friend who counts} other {{words} friends who count}}, you earn one free month. Each friend counts towards one free month only. While you have an overdue invoice, a free month that you earned waits until it is paid.",
    counts: "When a friend counts",
    countsText:
      "A friend counts once their new service has been active for {days, plural, one {# day} other {# days}}{invoices, plural, =0 {} one { and their first invoice is paid in full} other { and their first {words} invoices are paid in full}}. While the service is suspended, the days stand still. A suspension of more than {grace, plural, one {# day} other {# days}}, or a cancellation before the friend counts, ends the referral.",
    linked: "How your friend is linked to you",
    linkedText:
      "Your friend orders with your link or types your code. The link is remembered for {days, plural, one {# day} other {# days}} in the same browser. If your friend opens several invitations, the last valid one before the order is used.",
    installation: "If the installation takes long",
    installationText:
      "An order whose service is not active within {days, plural, one {# day} other {# days}} no longer counts as a referral. Your friend's order itself is not affected. If only the installation is late, we can give it more time: please write to us.",
    worth: "What a free month is worth",
    worthDiscount:
      "A free month takes the full monthly price, including VAT, off one invoice, at the price on the day the invoice is issued.{capped, select, yes { One free month is worth up to {cap}.} other {}} With several services, it goes to the one whose whole month costs most.",
    worthCredit:
      "A free month pays the full monthly price, including VAT, of one invoice as a credit, at the price on the day the invoice is issued. The invoice still shows the price and its VAT.{capped, select, yes { One free month is worth up to {cap}.} other {}} With several services, it goes to the one whose whole month costs most.",
    used: "When it is used",
    usedText:
      "A free month is used by itself, on the invoice of your next whole month. A part of a month never takes it, unless it would expire before your next whole month. If the most expensive service of the month has its invoice already, it waits for the next month. You can collect several; one is used per billing month, the one that expires first goes first.",
    lasts: "How long it lasts",
    lastsText:
      "An unused free month expires {months, plural, one {# month} other {# months}} after you earned it, at the end of that day. We remind you 30 days before.",
    limit: "How many friends you can refer",
    limitText:
      "Up to {friends, plural, one {# friend} other {# friends}} per calendar month. One whose referral ends without counting gives the place back. The next month starts afresh.",
    excluded: "What does not count",
    excludedText:
      "You cannot refer yourself or somebody who is already a customer, and a person can be referred by one customer at a time. Somebody whose order was cancelled before any service was active can be referred again. Some referrals are looked at by a person before they earn a reward; nothing is turned down automatically by that, and a shared internet address is no reason to turn one down.",
    changes: "What we may change",
    changesText:
      "The terms that applied when your friend ordered stay in force for that friend. A free month that you earned is only taken back before it is used, with a reason, and we write to you. It cannot be paid out in cash or passed on.",
    privacy: "Your privacy and your friends'",
    privacyText:
      "You see your friend's first name and initial, a masked e-mail address and how far they are. We never write to friends on your behalf: you share the link yourself.",
  },
} as const;
