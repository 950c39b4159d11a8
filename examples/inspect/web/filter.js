(() => {
  const box = document.getElementById("search");
  if (!box) return;
  box.hidden = false;
  const rows = [...document.querySelectorAll("tbody tr")].map(tr => ({ tr, text: tr.textContent.toLowerCase() }));
  const words = document.getElementById("words"), found = document.getElementById("found");
  words.addEventListener("input", () => {
    const all = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const { tr, text } of rows) {
      const hit = all.every(w => text.includes(w));
      tr.classList.toggle("miss", !hit);
      if (hit) n++;
    }
    found.textContent = all.length ? "找到" + n + "条" : "";
  });
})();
