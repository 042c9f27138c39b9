import type { Handler } from "../../kernel/app";
import { controlHandler } from "../../kernel/loopback";
import { SettingsError } from "../settings";
import { type Desk, SERVICE_NAME } from "./desk";

/** Adds one of the sandbox's own routes; nothing of them is the vendor's. */
export function control(desk: Desk, method: string, path: string, handler: Handler): void {
  const isBadRequest = (error: unknown) => error instanceof SettingsError || error instanceof SyntaxError;
  desk.app.route(SERVICE_NAME, method, path, controlHandler(handler, isBadRequest));
}
