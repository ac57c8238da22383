// Minus and plus beside a quantity; the number can always be typed.
export function stepper(box) {
  const input = box.querySelector('input');
  const label = document.querySelector(`label[for="${CSS.escape(input.id)}"]`)?.textContent.trim() ?? '';
  const button = (sign, words, step) => {
    const b = document.createElement('button');
    b.type = 'button';
    b.textContent = sign;
    b.setAttribute('aria-label', `${words} ${label}`);
    b.addEventListener('click', () => {
      const now = Number.parseInt(input.value, 10) || 0;
      input.value = String(Math.max(0, now + step));
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    return b;
  };
  box.querySelector('.p-affix__text')?.remove();
  box.prepend(button('−', box.dataset.less, -1));
  box.append(button('+', box.dataset.more, 1));
}
