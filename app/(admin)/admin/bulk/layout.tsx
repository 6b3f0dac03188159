import { guarded } from "../guarded";

export default guarded("/admin/bulk", "orders:manage");
