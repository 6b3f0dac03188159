import { type AddressInput, addressKey, addressLookupKeys } from "./address";
import { mailboxOf } from "./mailbox";

/** What is stored beside a person's details, so that the fraud rules find who and what matches. */
export interface IdentityKeys {
  mailbox: string | null;
  address_key: string;
  address_near_keys: string[];
}

/** The keys by which a person and their home are compared. The e-mail address as typed. */
export const identityOf = (person: { email: string; address: AddressInput }): IdentityKeys => ({
  mailbox: mailboxOf(person.email),
  address_key: addressKey(person.address),
  address_near_keys: addressLookupKeys(person.address),
});
