import { auth } from "./auth";
import { errors } from "./errors";
import { formats } from "./formats";
import { outOfOrder } from "./out-of-order";
import { sentences } from "./sentences";
import { shell } from "./shell";
import { ui } from "./ui";

export const zu = { auth, errors, formats, outOfOrder, sentences, shell, ui };
