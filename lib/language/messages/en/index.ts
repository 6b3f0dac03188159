import { auth } from "./auth";
import { errors } from "./errors";
import { formats } from "./formats";
import { outOfOrder } from "./out-of-order";
import { sentences } from "./sentences";
import { shell } from "./shell";
import { ui } from "./ui";

/**
 * The texts of the public pages, the customer's pages and the mails, by area. English is the one that
 * the others translate: its keys and its values are the types of theirs.
 */
export const en = { auth, errors, formats, outOfOrder, sentences, shell, ui } as const;
export type English = typeof en;
export type Area = keyof English;

type Translated<T> = { readonly [K in keyof T]: T[K] extends string ? string : Translated<T[K]> };
/** An area in another language: the same keys. */
export type Translation<A extends Area> = Translated<English[A]>;
