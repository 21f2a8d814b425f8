// Before the first paint: the language this browser was last read in. Arabic is the original.
(() => {
  let english = false;
  try {
    english = localStorage.getItem("khalifa.language") === "en";
  } catch {
    // A browser that keeps nothing reads Arabic.
  }
  document.documentElement.lang = english ? "en" : "ar";
  document.documentElement.dir = english ? "ltr" : "rtl";
})();
