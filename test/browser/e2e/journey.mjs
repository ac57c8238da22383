// The journey in order; each part is a file.
import { find, parking } from './citizen.mjs';

export async function journey(run) {
  await find(run);
  await parking(run);
}
