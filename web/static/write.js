"use strict";
// Shows what would leave while somebody writes. Without it a button does.
(() => {
  const form = document.getElementById("write");
  const shown = document.getElementById("preview");
  if (!form || !shown) return;

  let timer = 0, last = 0;
  const look = async () => {
    const mine = ++last;
    const words = new FormData(form);
    words.delete("pictures"); // they are brought by the button, once
    words.set("do", "preview");
    try {
      const answer = await fetch(form.action, { method: "POST", body: words, redirect: "error", cache: "no-store" });
      if (mine !== last || (!answer.ok && answer.status !== 422)) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("preview");
      if (fresh && mine === last) shown.replaceChildren(...document.adoptNode(fresh).childNodes);
    } catch { /* what was shown before stands, and the button says why */ }
  };
  form.addEventListener("input", (e) => {
    if (e.target.type === "file") return;
    clearTimeout(timer);
    timer = setTimeout(look, 400);
  });
})();
