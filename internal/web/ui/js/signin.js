// Pages of local accounts: passkeys (W3C WebAuthn) and showing a password.
// Both only enhance: without this module the parts for them stay hidden.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const list = (ids = []) => ids.map((k) => ({ ...k, id: bytes(k.id) }));

const ask = {
  create: (o) => navigator.credentials.create({ publicKey: { ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: list(o.excludeCredentials) } }),
  get: (o) => navigator.credentials.get({ publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: list(o.allowCredentials) } }),
};

// answer is the credential as the server reads it: all binary parts base64url.
const answer = (c) => {
  const response = {};
  for (const part of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (c.response[part]) response[part] = text(c.response[part]);
  }
  if (c.response.getTransports) response.transports = c.response.getTransports();
  return JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, authenticatorAttachment: c.authenticatorAttachment ?? undefined, response, clientExtensionResults: {} });
};

function passkey(form) {
  const part = form.querySelector('[data-passkey-part]') ?? form;
  const state = form.querySelector('[data-passkey-state]');
  const go = form.querySelector('[data-passkey-go]');
  let busy = false;
  const run = async () => {
    if (busy) return;
    busy = true;
    state.hidden = true;
    try {
      const body = new URLSearchParams();
      for (const name of ['versuch', 'schluessel']) if (form.elements[name]) body.set(name, form.elements[name].value);
      const begun = await fetch(form.dataset.passkeyBegin, { method: 'POST', body, redirect: 'error' });
      if (!begun.ok) throw new Error(String(begun.status));
      const { id, options } = await begun.json();
      const credential = await ask[form.dataset.passkey](options);
      form.elements.zeremonie.value = id;
      form.elements.antwort.value = answer(credential);
      form.submit();
    } catch {
      // Refused, broken off or too late: the person may try again or go another way.
      state.textContent = form.dataset.passkeyProblem;
      state.hidden = false;
      busy = false;
    }
  };
  // Where a password will do as well, the passkey has a button of its own; else
  // the form's button asks for it.
  if (go) go.addEventListener('click', run);
  else {
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      run();
    });
  }
  part.hidden = false;
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of document.querySelectorAll('form[data-passkey]')) passkey(form);
}

for (const box of document.querySelectorAll('[data-show-password]')) {
  const field = document.getElementById(box.dataset.showPassword);
  if (!field) continue;
  box.querySelector('input').addEventListener('change', (e) => { field.type = e.target.checked ? 'text' : 'password'; });
  field.form.addEventListener('submit', () => { field.type = 'password'; });
  box.hidden = false;
}
