/** The customer's details, their data, and which mails they get. */
export const profile = {
  title: "Your details",
  text: "What your invoices name. Invoices and credit notes that were issued stay as they are.",
  contact: "Contact",
  contactText: "To change these, please write to us from this e-mail address.",
  none: "None",
  saved: "Your details are saved",
  savedText: "They are on your invoices from now on.",
  billingAddress: "Billing address",
  billingAddressText:
    "Where your service is installed stays as it is. To move it, please write to us.",
  tax: "Tax",
  saving: "Saving",
  save: "Save",
  signIn: {
    title: "Sign-in",
    text: "Signing out everywhere ends your sessions on all devices, this one too.",
    security: "Password and second factor",
    everywhere: "Sign out everywhere",
  },
  data: {
    title: "Your data",
    text: "Everything that we keep of you: orders, invoices, payments, friends, free months and mails.",
    download: "Download my data",
    asked: "You asked us to erase your details",
    askedText:
      "We have your request of <date></date>. Once no service and no invoice is open, your details are removed and your account is closed.",
    ask: "Ask us to erase your details",
    askText:
      "Somebody of our team looks at it and writes to you. We erase what we keep of you once your services have ended and your invoices are paid. The law makes us keep issued invoices for some years. Free months that you have not used are lost, and your account is closed.",
    sending: "Sending",
    send: "Ask for erasure",
  },
  mails: {
    title: "Your mails",
    text: "Choose which mails you want to get.",
    noLink: "This link does not work",
    noLinkText: "Open the page from the link at the end of one of our mails.",
    programme: "News of the referral programme",
    programmeText: "When friends order and count, and about your free months.",
    invoices: "New invoices",
    invoicesText:
      "Without the mail your invoices are still issued and due. You find them in your account.",
    always:
      "Mails about your orders, your service, payments and the safety of your account are always sent.",
    saved: "Your choice is saved.",
    save: "Save the choice",
  },
} as const;
