import { guarded } from "../guarded";

export default guarded("/admin/approvals", "orders:manage");
