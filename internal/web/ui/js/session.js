// Two minutes before the session ends: ask, and keep it alive on a click. The
// server decides; whoever ignores this signs in again and finds the draft.
const lead = 120;

export function session(doc) {
  const dialog = doc.querySelector('[data-session-dialog]');
  let ends = Number(doc.body.dataset.sessionEnds);
  if (!dialog || !ends) return;
  const arm = () => setTimeout(() => dialog.showModal(), Math.max(0, ends - lead) * 1000);
  arm();
  dialog.querySelector('[data-session-extend]').addEventListener('click', async () => {
    dialog.close();
    try {
      const answer = await fetch(location.href, { method: 'HEAD', cache: 'no-store' });
      if (answer.ok) arm();
    } catch { /* off-line: the next request tells */ }
  });
}
