"use strict";(()=>{(()=>{let e=document.documentElement;e.classList.remove("no-js");let t=null;try{t=localStorage.getItem("theme")}catch{}(t==="light"||t==="dark")&&(e.dataset.theme=t)})();})();
