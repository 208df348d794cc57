// Sizes that scripts need, in step with the root's font as base.css sets it.

/** Pixels of so many rem. */
export function rem(count: number): number {
  return count * parseFloat(getComputedStyle(document.documentElement).fontSize);
}
