import { HoldsPage } from "../holds/holds-page.tsx";

export function Holds() {
  return <HoldsPage />;
}
