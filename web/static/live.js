"use strict";
// Keeps an open page true. Without it every page is whole: it is what it was
// when it was loaded.
(() => {
  const main = document.getElementById("main");
  const news = document.getElementById("news");
  if (!main || !news || !window.EventSource) return;

  // What a person is at must not move under their hands: where a form was
  // touched, something has the focus or text is chosen, news is only announced.
  // Pages that ask for a decision (data-live="tell") never change by themselves.
  let touched = false;
  main.addEventListener("input", () => { touched = true; });
  main.addEventListener("toggle", () => { touched = true; }, true);
  const busy = () => touched || main.dataset.live !== "swap" || (main !== document.activeElement && main.contains(document.activeElement)) || String(getSelection()) !== "";

  const swap = (fresh, selector) => {
    const now = document.querySelector(selector), then = fresh.querySelector(selector);
    if (then && now) now.replaceWith(document.adoptNode(then));
    else if (now) now.remove();
    else if (then) document.querySelector(".bar").after(document.adoptNode(then));
  };

  let asking = false, again = false;
  const refresh = async () => {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { redirect: "error", cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      swap(fresh, ".stopped");
      if (busy()) news.hidden = false;
      else main.replaceChildren(...document.adoptNode(fresh.getElementById("main")).childNodes);
    } catch {
      news.hidden = false;
    }
    asking = false;
    if (again) { again = false; refresh(); }
  };
  new EventSource("/live?mark=" + main.dataset.mark).addEventListener("changed", refresh);
})();
