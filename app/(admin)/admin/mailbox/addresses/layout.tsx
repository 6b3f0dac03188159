import { guarded } from "../../guarded";

export default guarded("/admin/mailbox/addresses");
