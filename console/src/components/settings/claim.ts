// Claim codes: what an engineer types on a gateway instead of a token.

import { send } from "../../api/client";
import type { Claim } from "../../api/schema";

/** How long a code may be good, s: from a visit today to the hub's longest. */
export const LIVES_S = [3_600, 86_400, 604_800, 2_592_000] as const;
/** The hub's own default, s. */
export const LIFE_S: (typeof LIVES_S)[number] = 86_400;

export function makeClaim(station: string, expires_s: number): Promise<Claim | null> {
  return send<Claim>("POST", `/api/v1/stations/${encodeURIComponent(station)}/claim`, { expires_s });
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Where gateways find the hub, by where this page comes from: null if that is this machine or a tunnel's end, which no
 * gateway reaches, or not HTTPS, over which no token is handed out.
 */
export function hubAddress({ protocol, hostname, origin }: URL): string | null {
  return protocol === "https:" && !LOOPBACK.test(hostname) ? origin : null;
}

/** What is run on the gateway. */
export function claimCommand(code: string, hub: string | null): string {
  return `sudo waystation-agent claim ${code} --hub ${hub ?? "https://HUB"}`;
}
