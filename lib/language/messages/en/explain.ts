/**
 * Why a friend has not counted yet, where a free month is, and how far the next one is. `Name` and
 * `Names` begin a sentence; `Words` is a number in words that does.
 */
export const explain = {
  yourFriend: "your friend",
  invoice:
    "{number, plural, =1 {first invoice} =2 {second invoice} =3 {third invoice} other {#th invoice}}",
  ordered:
    "{Name} has ordered; the {days, plural, one {# day starts} other {# days start}} when the service is active.",
  beingInstalled:
    "{Name} is being installed; the {days, plural, one {# day starts} other {# days start}} when the service is active.",
  orderedRemedy:
    "The service must be active by {date}. If the installation takes longer, our support can give it more time.",
  suspended: "{Name}'s service is paused, so the days stand still.",
  suspendedRemedy: "They go on when the service is active again, by {date} at the latest.",
  unpaid: "{Name}'s {invoice}, due {date}, is not paid yet.",
  countsWhenPaid: "{Name} counts as soon as it is paid.",
  countsWhenPaidBy:
    "{Name} counts as soon as it is paid. The service must be active again by {date}.",
  toCome:
    "{Name}'s {days, plural, one {# day} other {# days}} are over. The {invoice} has not been sent yet.",
  ready: "Everything is complete. {Name} counts within the hour.",
  daysEnd: "{Name}'s {days, plural, one {# day} other {# days}} end on {date}.",
  daysEndRemedy: "{Name} counts once {words} invoices are paid as well.",
  running: "{Name} counts on {date}, if the service stays active.",
  runningInvoice:
    "{Name} counts on {date}, if the service stays active and the {invoice} is paid by then.",
  runningInvoices:
    "{Name} counts on {date}, if the service stays active and the first {words} invoices are paid by then.",
  invoiceDue: "The {invoice} is due on {date}.",
  notActive: "The service was not active by {date}.",
  notActiveRemedy:
    "If {name} still waits for the installation, our support can give the referral back.",
  cancelled: "The order was cancelled before the service was active.",
  cancelledRemedy: "If {name} orders again with your code, it counts.",
  suspendedTooLong:
    "The service was paused for longer than {days, plural, one {# day} other {# days}} before {name} counted.",
  suspendedTooLongRemedy: "Once the service is active again, our support can look at it.",
  notEligible: "This referral does not meet the terms, so it does not count.",
  ended: "The service ended before {name} counted.",
  counted: "{Name} counts towards your next free month.",
  rewarded: "{Name} counted towards a free month.",
  reward: {
    paused: "It waits, because the referral programme is paused.",
    pausedRemedy:
      "It comes off an invoice when the programme continues, and does not expire before.",
    afterOthers: "One free month comes off each invoice; this one follows.",
    nextInvoice: "It comes off your next invoice.",
    wholeMonthFrom: "It comes off your next whole month, the one from {date}.",
    wholeMonth: "It waits for your next whole month.",
    noService: "It waits for an active service, until {date}.",
    noServiceRemedy: "It comes off the first whole month once your service is active.",
  },
  waiting: {
    nextInvoice:
      "{waiting, plural, one {A free month is waiting and comes off your next invoice.} other {{Words} free months are waiting; one comes off each invoice.}}",
    month:
      "{waiting, plural, one {A free month is waiting. It comes off your next whole month, the one from {date}.} other {{Words} free months are waiting. One comes off your next whole month, the one from {date}.}}",
    inactive:
      "{waiting, plural, one {A free month is waiting. It comes off once your service is active{known, select, yes {, and is yours until {until}} other {}}.} other {{Words} free months are waiting. They come off once your service is active{known, select, yes {, and are yours until {until}} other {}}.}}",
    paused:
      "{waiting, plural, one {A free month is waiting. It comes off when the programme continues{known, select, yes {, and is yours until {until}} other {}}.} other {{Words} free months are waiting. They come off when the programme continues{known, select, yes {, and are yours until {until}} other {}}.}}",
    wholeMonth:
      "{waiting, plural, one {A free month is waiting. It comes off your next whole month{known, select, yes {, and is yours until {until}} other {}}.} other {{Words} free months are waiting. One comes off your next whole month{known, select, yes {; they are yours until {until}} other {}}.}}",
  },
  confirming: {
    paused: "Your free month comes when the programme continues.",
    overdue: "Your free month comes once your overdue invoice is paid.",
    open: "Your free month is being confirmed.",
  },
  heldUp: {
    paused: "It is granted when the programme continues.",
    overdue: "It is granted once your overdue invoice is paid.",
  },
  obstacle: {
    inactive: "Friends can use your code once your own service is active.",
    overdue: "Friends can use your code once your overdue invoice is paid.",
  },
  invite: {
    paused: "New friends can join when the programme continues.",
    share:
      "Share your link: when {friends, plural, one {{words} friend stays} other {{words} friends stay}} {days, plural, one {# day} other {# days}}{invoices, plural, =0 {} =1 { and {friends, plural, one {pays} other {pay}} the first invoice} other { and {friends, plural, one {pays} other {pay}} the first {invoiceWords} invoices}}, you earn a free month.",
  },
  missing: {
    counted: "{counted, plural, one {{Words} friend counts.} other {{Words} friends count.}}",
    days: "{names} {days, plural, one {# day} other {# days}}",
    possessive: "{name}'s",
    complete: "{Days} are complete.",
    lands:
      "Your free month lands when {days} end, on {date}{unpaid, select, one {, if the first invoice is paid by then} several {, if the invoices are paid by then} other {}}.",
    landsWhen: "Your free month lands when {standing}.",
    landsBoth: "Your free month lands when {days} end, on {date}, and {standing}.",
    pausedDays: "{name}'s paused days go on and end",
    invoicePaid: "{name}'s invoice is paid",
    invoicesPaid: "{name}'s {words} invoices are paid",
    ordered:
      "{friends, plural, one {{Names} has ordered; the {days, plural, one {# day starts} other {# days start}} when the service is active.} other {{Names} have ordered; the {days, plural, one {# day starts} other {# days start}} when their services are active.}}",
    installing:
      "{friends, plural, one {{Names} is being installed; the {days, plural, one {# day starts} other {# days start}} when the service is active.} other {{Names} are being installed; the {days, plural, one {# day starts} other {# days start}} when their services are active.}}",
    more: "{further, plural, one {{Words} more} other {{Words} more}}, and you earn a free month.",
    moreToGo: "{further, plural, one {{Words} more} other {{Words} more}} to go: {sentence}",
    furtherWhen:
      "{further, plural, one {{Words} more friend} other {{Words} more friends}}, and you earn a free month when {standing}.",
    furtherComplete:
      "{further, plural, one {{Words} more friend} other {{Words} more friends}}, and {days} are complete.",
    furtherOn:
      "{further, plural, one {{Words} more friend} other {{Words} more friends}}, and {days} end on {date}.",
    furtherBy:
      "{further, plural, one {{Words} more friend} other {{Words} more friends}}, and {days} end by {date}.",
  },
} as const;
