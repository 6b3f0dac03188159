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

export const zu = {
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
};
