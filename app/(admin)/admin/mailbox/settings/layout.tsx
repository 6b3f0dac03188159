import { guarded } from "../../guarded";

export default guarded("/admin/mailbox/settings", "program:manage");
