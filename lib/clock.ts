/** Gives the current instant. Passed to everything that depends on time, so tests can choose it. */
export type Clock = () => Date;

/** The wall clock of the machine: the only place in the product that reads it. */
export const systemClock: Clock = () => new Date();

/**
 * A clock that stands still.
 * @throws RangeError when the text is not a valid instant.
 */
export const fixedClock = (iso: string | Date): Clock => {
  const time = new Date(iso).getTime();
  if (Number.isNaN(time)) throw new RangeError(`Not an instant: ${String(iso)}`);
  // A fresh object each time: a caller that mutates its date cannot move the clock.
  return () => new Date(time);
};
