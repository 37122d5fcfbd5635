"use strict";
// Asks the device for a passkey. Its form is there only for browsers that have
// them; without this script one signs in by link, password or provider.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.querySelector("[role=alert]");
    said.hidden = true;
    try {
      const answer = await fetch(form.action + "/ask", { method: "POST" });
      if (!answer.ok) throw new Error(answer.status);
      const options = await answer.json();
      const key = form.dataset.passkey === "new"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.elements.answer.value = JSON.stringify(key);
      form.submit();
    } catch {
      said.hidden = false;
    }
  });
}
