// The journey in order; each part is a file.
import { account } from './account.mjs';
import { find, paper, parking } from './citizen.mjs';
import { dogs } from './guest.mjs';
import { delivered, mails, office } from './office.mjs';
import { birth, bulky, fire } from './others.mjs';
import { person } from './person.mjs';

export async function journey(run, only) {
  const wanted = (name) => !only || only.includes(name);
  if (wanted('find')) await find(run);
  let paid;
  if (wanted('parking')) {
    paid = await parking(run);
    await office(run, paid, await paper(run, 'feld-f1.jpg', ['F.1', '1890 kg']));
    await delivered(run, paid);
  }
  if (wanted('dogs')) await dogs(run);
  if (wanted('bulky')) await bulky(run);
  if (wanted('fire')) await fire(run);
  if (wanted('birth')) await birth(run);
  if (paid) await mails(run, paid);
  if (wanted('account')) await account(run); // leaves a draft behind
  if (wanted('person')) await person(run); // takes its own account away
}
