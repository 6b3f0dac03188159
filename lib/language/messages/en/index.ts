import { account } from "./account";
import { auth } from "./auth";
import { claims } from "./claims";
import { connecting } from "./connecting";
import { errors } from "./errors";
import { explain } from "./explain";
import { formats } from "./formats";
import { friends } from "./friends";
import { landing } from "./landing";
import { order } from "./order";
import { ordered } from "./ordered";
import { outOfOrder } from "./out-of-order";
import { person } from "./person";
import { profile } from "./profile";
import { refer } from "./refer";
import { sentences } from "./sentences";
import { shell } from "./shell";
import { statement } from "./statement";
import { terms } from "./terms";
import { ui } from "./ui";

/**
 * The texts of the public pages and the customer's pages, by area. English is the one that
 * the others translate: its keys and its values are the types of theirs.
 */
export const en = {
  account,
  auth,
  claims,
  connecting,
  errors,
  explain,
  formats,
  friends,
  landing,
  order,
  ordered,
  outOfOrder,
  person,
  profile,
  refer,
  sentences,
  shell,
  statement,
  terms,
  ui,
} as const;
export type English = typeof en;
export type Area = keyof English;

type Translated<T> = { readonly [K in keyof T]: T[K] extends string ? string : Translated<T[K]> };
/** An area in another language: the same keys. */
export type Translation<A extends Area> = Translated<English[A]>;
