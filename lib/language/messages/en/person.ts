/** What is asked about a person and their address. */
export const person = {
  firstName: "First name",
  lastName: "Last name",
  street: "Street and number",
  unit: "Complex, building or unit",
  suburb: "Suburb",
  city: "City or town",
  postalCode: "Postal code",
  vatNumber: "VAT number",
  vatNumberHint: "For companies that are registered for VAT. Invoices name it.",
  phone: "Phone number",
  phoneHint: "We call this number to agree on a date for the installation.",
  name: "Name",
  email: "E-mail address",
} as const;
