// Before the first paint: the language and the theme this browser was last used in.
// Arabic is the original; the theme is the device's until somebody chooses.
(() => {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("khalifa.settings")) ?? {};
  } catch {
    // A browser that keeps nothing reads Arabic.
  }
  const root = document.documentElement;
  root.lang = kept.language === "en" ? "en" : "ar";
  root.dir = kept.language === "en" ? "ltr" : "rtl";
  root.dataset.text = kept.text === "larger" ? "larger" : "normal";
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = kept.theme === "light" || kept.theme === "dark" ? kept.theme : dark ? "dark" : "light";
})();
