import type { FraudEvidence } from "@/lib/fraud/fraud-rules";
import { ADDRESS_REUSE_DAYS, SHARED_IP_DAYS } from "@/lib/fraud/fraud-signals";
import { type AddressInput, addressKey, addressLookupKeys } from "@/lib/identity/address";
import { mailboxOf } from "@/lib/identity/mailbox";
import { normalisePhone } from "@/lib/identity/phone";
import { id } from "./facts";
import type { Member, World, WorldOrder } from "./fraud-world";

const DAY = 86_400_000;

interface Referral {
  id: string;
  referrer: number;
  email: string;
  phone: string | null;
  address: AddressInput;
  addressKey: string;
  ip: string;
  userAgent: string;
  at: number;
}

class Index<T> {
  private readonly rows = new Map<string, T[]>();
  add(key: string, row: T): void {
    const rows = this.rows.get(key);
    if (rows) rows.push(row);
    else this.rows.set(key, [row]);
  }
  find(key: string): readonly T[] {
    return this.rows.get(key) ?? [];
  }
}

const text = (at: number) => new Date(at).toISOString();

/**
 * Gathers the evidence about an order from memory, with the questions that the database is asked:
 * equality on stored keys, and candidates by coarse address keys.
 */
export class MemoryEvidence {
  private readonly members: ReadonlyMap<number, Member>;
  private readonly byMailbox = new Index<Member>();
  private readonly byPhone = new Index<Member>();
  private readonly served = new Index<{ address: AddressInput; until: number | null }>();
  private readonly erased = { email: new Set(), phone: new Set(), address: new Set() };
  private readonly referrals: Referral[] = [];
  private readonly byReferrer = new Index<Referral>();
  private readonly referredMailboxes = new Set<string>();
  private readonly referredPhones = new Index<Referral>();
  private readonly referredPlaces = new Index<Referral>();

  constructor(world: World) {
    this.members = new Map(world.members.map((member) => [member.id, member]));
    for (const member of world.members) {
      this.byMailbox.add(mailboxOf(member.email) ?? "", member);
      this.byPhone.add(normalisePhone(member.phone) ?? "", member);
      if (member.active) this.serve(member.address, null);
    }
    for (const { address, until } of world.served) this.serve(address, until);
    for (const email of world.erased.emails) this.erased.email.add(mailboxOf(email));
    for (const phone of world.erased.phones) this.erased.phone.add(normalisePhone(phone));
    for (const address of world.erased.addresses) this.erased.address.add(addressKey(address));
  }

  private serve(address: AddressInput, until: number | null): void {
    for (const key of addressLookupKeys(address)) this.served.add(key, { address, until });
  }

  private chainOf(member: Member): Member[] {
    const chain: Member[] = [];
    for (let at = member.referredBy; at !== null && chain.length < 5; ) {
      const above = this.members.get(at);
      if (above === undefined) break;
      chain.push(above);
      at = above.referredBy;
    }
    return chain;
  }

  gather(order: WorldOrder): FraudEvidence {
    const referrer = this.members.get(order.referrer);
    if (referrer === undefined) throw new RangeError("An order without its referrer");
    const mailbox = mailboxOf(order.email) ?? "";
    const phone = normalisePhone(order.phone);
    const key = addressKey(order.address);
    const friends = this.byReferrer.find(String(referrer.id));
    const since = (days: number) => order.at - days * DAY;
    const idsOf = (rows: readonly Referral[]) => rows.map((row) => row.id);
    const month = text(order.at).slice(0, 7);
    const phoneRows = this.referredPhones.find(phone ?? "");
    const keys = addressLookupKeys(order.address);
    const places = new Set(keys.flatMap((k) => this.referredPlaces.find(k)));
    const served = new Set(keys.flatMap((k) => this.served.find(k)));

    return {
      referrer: {
        customer_id: id(referrer.id),
        email_normalised: mailboxOf(referrer.email),
        phone: normalisePhone(referrer.phone),
        address_key: addressKey(referrer.address),
        has_active_service: referrer.active,
        has_stopped_service: !referrer.active,
        overdue_invoices: referrer.overdue ? 1 : 0,
        ip_addresses: referrer.ips,
        address: referrer.address,
      },
      referred: {
        email: order.email,
        email_normalised: mailbox,
        phone,
        address_key: key,
        is_customer: this.byMailbox.find(mailbox).length > 0,
        was_referred: this.referredMailboxes.has(mailbox),
        ip_address: order.ip,
        user_agent: order.userAgent,
        address: order.address,
      },
      counts: {
        this_month: friends.filter(({ at }) => text(at).slice(0, 7) === month).length,
        last_24h: friends.filter(({ at }) => at > since(1)).length,
        total: friends.length,
      },
      matches: {
        same_address_referral_ids: idsOf(friends.filter((f) => f.addressKey === key)),
        same_phone_referral_ids: idsOf(friends.filter((f) => f.phone === phone)),
        same_ip_referral_ids: idsOf(
          friends.filter((f) => f.ip === order.ip && f.at > since(SHARED_IP_DAYS)),
        ),
        same_device_referral_ids: idsOf(
          this.referrals
            .slice(-50)
            .filter(
              (row) =>
                row.ip === order.ip &&
                row.userAgent === order.userAgent &&
                row.at > order.at - 600_000,
            ),
        ),
      },
      friends: friends.map((friend) => ({
        referral_id: friend.id,
        email: friend.email,
        phone: friend.phone,
        address: friend.address,
        ip_address: friend.ip,
        referred_at: text(friend.at),
      })),
      elsewhere: {
        phone_customer_ids: this.byPhone
          .find(phone ?? "")
          .filter((member) => member !== referrer)
          .map((member) => id(member.id)),
        phone_referral_ids: idsOf(phoneRows.filter((row) => row.referrer !== referrer.id)),
        addresses: [...places]
          .filter((row) => row.referrer !== referrer.id && row.at > since(ADDRESS_REUSE_DAYS))
          .map((row) => ({ referral_id: row.id, address: row.address })),
        served: [...served]
          .filter(({ until }) => until === null || until <= order.at)
          .map(({ address, until }) => ({ address, served_until: text(until ?? order.at) })),
      },
      returned: [
        ...(this.erased.email.has(mailbox) ? (["email"] as const) : []),
        ...(this.erased.phone.has(phone) ? (["phone"] as const) : []),
        ...(this.erased.address.has(key) ? (["address"] as const) : []),
      ],
      chain: this.chainOf(referrer).map((member) => ({
        customer_id: id(member.id),
        email_normalised: mailboxOf(member.email),
        phone: normalisePhone(member.phone),
        address: member.address,
      })),
      visit: { visited_at: order.visitedAt === null ? null : text(order.visitedAt) },
      ordered_at: text(order.at),
    };
  }

  /** Records a referral that was accepted. */
  record(order: WorldOrder): void {
    const row: Referral = {
      id: id(1_000_000 + this.referrals.length),
      referrer: order.referrer,
      email: order.email,
      phone: normalisePhone(order.phone),
      address: order.address,
      addressKey: addressKey(order.address),
      ip: order.ip,
      userAgent: order.userAgent,
      at: order.at,
    };
    this.referrals.push(row);
    this.byReferrer.add(String(row.referrer), row);
    this.referredMailboxes.add(mailboxOf(row.email) ?? "");
    if (row.phone !== null) this.referredPhones.add(row.phone, row);
    for (const key of addressLookupKeys(row.address)) this.referredPlaces.add(key, row);
  }
}
