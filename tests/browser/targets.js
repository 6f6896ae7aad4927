// What can be pressed in a part of the page and is smaller than a finger, with its width and height. What a press hits
// is asked of the page itself, point by point: an area that another one covers is none.
(within) => {
  const FINGER = 44;
  const PRESSED = "a[href], button, summary, select, textarea, input, [role=option], [role=button]";
  const found = [];
  for (const one of document.querySelector(within).querySelectorAll(PRESSED)) {
    if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const [named] = one.labels ?? [];
    const label = named?.contains(one) || one.matches("[type=checkbox], [type=radio]") ? named : null;
    if ((label ?? one).getBoundingClientRect().width < 2) continue; // for those who hear the page
    // A link within a sentence is as high as its line (WCAG 2.5.5).
    const within = [...one.parentElement.childNodes].some((node) => node.nodeType === 3 && /\p{L}{2}/u.test(node.data));
    if (one.matches("a") && (one.closest(".prose-desk") || (within && getComputedStyle(one).display === "inline"))) continue;
    one.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    const at = (label ?? one).getClientRects()[0] ?? one.getBoundingClientRect();
    const [x, y] = [at.x + at.width / 2, at.y + at.height / 2];
    const hits = (dx, dy) => {
      const hit = document.elementFromPoint(x + dx, y + dy)?.closest(`${PRESSED}, label`);
      return hit === one || (hit?.control === one && hit.matches("label"));
    };
    const reach = (dx, dy) => {
      let far = 0;
      while (far < FINGER && hits(dx * (far + 1), dy * (far + 1))) far += 1;
      return far;
    };
    const width = hits(0, 0) ? reach(-1, 0) + reach(1, 0) + 1 : 0;
    const height = hits(0, 0) ? reach(0, -1) + reach(0, 1) + 1 : 0;
    if (Math.min(width, height) >= FINGER - 1) continue; // an edge may be between two pixels
    const text = (one.ariaLabel ?? one.textContent).trim().replace(/\s+/g, " ").slice(0, 40);
    found.push(`${one.localName}${one.id && `#${one.id}`} "${text || one.name}" ${width} × ${height} <${one.className}>`);
  }
  return found;
}
