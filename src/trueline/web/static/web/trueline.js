// Charts are fetched when they come into view; forms marked for it are sent on change.
"use strict";
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  const ink = dark ? "#b6c4d1" : "#52606d";
  const axis = { labelColor: ink, titleColor: ink, domainColor: ink, tickColor: ink };
  const config = { aria: false, axis, legend: { labelColor: ink, titleColor: ink } };
  const options = {
    actions: false,
    ast: true, // expressions are interpreted: the content security policy forbids eval
    renderer: "svg",
    config,
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true, theme: "custom" },
  };

  function tell(figure, words) {
    figure.classList.add("none");
    figure.removeAttribute("role");
    figure.removeAttribute("aria-label");
    figure.textContent = words;
  }

  async function draw(figure) {
    const answer = await fetch(figure.dataset.spec);
    if (answer.status === 204) {
      tell(figure, "No measured values to draw: this objective is told by events, or nothing arrived.");
      return;
    }
    if (!answer.ok) {
      tell(figure, "The chart could not be fetched.");
      return;
    }
    const spec = await answer.json();
    const place = document.createElement("div");
    figure.replaceChildren(place);
    await window.vegaEmbed(place, spec, options);
    // The figure is one image with a name; what Vega says of its parts would only add noise.
    for (const part of [place, ...place.querySelectorAll("[role], [aria-label], [aria-hidden]")]) {
      for (const name of ["role", "aria-label", "aria-hidden", "aria-roledescription"]) {
        part.removeAttribute(name);
      }
    }
    place.setAttribute("aria-hidden", "true");
    figure.dataset.drawn = "yes";
  }

  function watchCharts(root) {
    const figures = root.querySelectorAll(".chart[data-spec]:not([data-seen])");
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) {
          watcher.unobserve(entry.target);
          draw(entry.target).catch(() => tell(entry.target, "The chart could not be drawn."));
        }
      }
    }, { rootMargin: "300px" });
    for (const figure of figures) {
      figure.dataset.seen = "yes";
      watcher.observe(figure);
    }
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-submit-on-change]");
    if (form && event.target.matches("select")) form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const button = event.target.querySelector("button[type=submit]");
    if (event.target.dataset.busy && button) {
      button.setAttribute("aria-busy", "true");
      button.textContent = event.target.dataset.busy;
    }
    for (const field of event.target.querySelectorAll("input, select")) {
      if (event.target.method === "get" && field.value === "") field.disabled = true;
    }
  });
  watchCharts(document);
})();
