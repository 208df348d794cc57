let isTold = false;

/** Marks in the browser's performance entries when the fleet was first drawn: what the bench measures. */
export function fleetDrawn(): void {
  if (!isTold) performance.mark("fleet-drawn");
  isTold = true;
}
