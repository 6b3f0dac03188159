import { refusal } from "@/lib/http/endpoint";

/** An address that the API does not have. */
const notFound = refusal("not_found");

export {
  notFound as DELETE,
  notFound as GET,
  notFound as PATCH,
  notFound as POST,
  notFound as PUT,
};
