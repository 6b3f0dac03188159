import { guarded } from "../guarded";

export default guarded("/admin/audit", "audit:view");
