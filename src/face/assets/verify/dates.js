// Days and times (SPEC.md, "Events"). A day is its text, `YYYY-MM-DD`, which sorts as days do.

const DAY = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const LAST_DAY = '9999-12-31';
const DAY_SECONDS = 86400;

function isInCalendar(year, month, day) {
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Whether a text is a day of the years 1900 to 2200. */
export function isDay(text) {
  const found = DAY.exec(text);
  if (!found) return false;
  const [year, month, day] = found.slice(1).map(Number);
  return year >= 1900 && year <= 2200 && isInCalendar(year, month, day);
}

/** Unix milliseconds of `YYYY-MM-DDThh:mm:ssZ` from 1970 on, or null. */
export function readInstant(text) {
  const found = /^([0-9-]{10})T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/.exec(text);
  if (!found || !isDay(found[1])) return null;
  const at = Date.parse(text);
  return at >= 0 ? at : null;
}

/** Whole Unix seconds of Unix milliseconds. */
export function secondsOf(milliseconds) {
  return typeof milliseconds === 'bigint' ? Number(milliseconds / 1000n) : Math.floor(milliseconds / 1000);
}

/** The UTC day of Unix seconds; beyond the calendar its last. */
export function dayOf(seconds) {
  if (seconds >= 253402214400) return LAST_DAY;
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** The first second of a day, UTC. */
export function dayStart(day) {
  return Date.parse(`${day}T00:00:00Z`) / 1000;
}

/** The last second of a day, UTC. */
export function dayEnd(day) {
  return dayStart(day) + DAY_SECONDS - 1;
}

/** The day of a moment where days begin first, UTC+14. */
export function latestDay(milliseconds) {
  return dayOf(secondsOf(milliseconds) + 14 * 3600);
}

/** The same day so many years later; 28 February where there is no 29th. */
export function yearsAfter(day, years) {
  const [year, month, date] = day.split('-').map(Number);
  const last = isInCalendar(year + years, month, date) ? date : date - 1;
  return `${year + years}-${day.slice(5, 7)}-${String(last).padStart(2, '0')}`;
}
