/**
 * The page after an order. What is said about a code that was not applied names nobody whose data
 * matched, and nothing about the account of who invited.
 */
export const ordered = {
  placed: {
    title: "Order placed",
    heading: "Thank you, your order is in",
    ordered: "You ordered <package></package> for <price></price> a month. You pay nothing today.",
    number:
      "<quiet>Your order number is</quiet> <number></number><quiet>. Have it at hand when you call us.</quiet>",
    confirm: "Please confirm your e-mail address",
    confirmText:
      "We have sent you a link. Open it on any device, and you are signed in. No mail? Look into your spam folder, or let us <again>send it again</again>.",
    recorded: "Your friend's invitation is recorded",
    notApplied: "The referral code was not applied",
    nothingChanges: "{reason} Nothing changes for you: your price is the same.",
    wrongCode: "Was it the wrong code?",
    wrongCodeText:
      "Enter the code of the person who invited you. We ask them, and then look at it.",
    didFriend: "Did a friend invite you?",
    didFriendText: "If you forgot their code, enter it now. We ask them, and then look at it.",
    whatNext: "What happens next",
    invite: "You invite friends",
    inviteText: "Your own code is on your dashboard. It works as soon as your service is active.",
    facts: "Your order",
    installedAt: "Installed at",
    weCall: "We call",
    notRight: "Something is not right? Write to us with your order number before we install it.",
    toDashboard: "Go to your dashboard",
    toAccount: "Sign in to your account",
    questions: "Questions? Write to <email></email>.",
    someFriend: "the friend who invited you",
    linked: "Your order is linked to <name></name>, who sees {sees}. Your price is the same.",
    counts:
      "Your order counts for <name></name> once your service has been active for {days, plural, one {# day} other {# days}} in a row. {friends, plural, one {That earns a free month of internet.} other {Every {words} friends who count earn a free month of internet.}}",
  },
  refused: {
    general: "Your order went through. The referral code could not be applied.",
    self_referral:
      "Your order went through. The referral code could not be applied, because codes are meant for inviting somebody else.",
    duplicate_referral:
      "Your order went through. The referral code could not be applied, because codes are meant for people who are new to us and were not invited before.",
    referrer_not_eligible:
      "Your order went through. The referral code could not be applied, because it cannot be used at the moment.",
    rate_limited:
      "Your order went through. The referral code could not be applied, because it has been used as often as is possible this month.",
    invalid_code:
      "Your order went through. The referral code could not be applied, because it is not one of ours.",
    program_paused:
      "Your order went through. The referral code could not be applied, because the referral programme is paused at the moment.",
  },
} as const;
