import { AppError } from "@/lib/errors";
import { failure } from "@/lib/http/envelope";

/** An address that the API does not have. */
const notFound = () => failure(new AppError("not_found"));

export {
  notFound as DELETE,
  notFound as GET,
  notFound as PATCH,
  notFound as POST,
  notFound as PUT,
};
