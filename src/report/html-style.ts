/** The look of a run's page, on a screen and on paper. */
export const style = `
:root { color-scheme: light dark; --page: #fff; --ink: #1c2127; --dim: #5d6875; --line: #dde2e8; --field: #f4f6f8;
  --good: #1a7f4b; --bad: #b3261e; --still: #5d6875; --task: #2f6fde; --precheck: #8aa4c8; --hold: #d98200; --rollback: #8e44ad; }
@media (prefers-color-scheme: dark) { :root { --page: #14181d; --ink: #e3e7ec; --dim: #98a3b0; --line: #313943;
  --field: #1d232a; --good: #4cc38a; --bad: #ff8078; --still: #98a3b0; --task: #6ea1ff; --precheck: #55708f;
  --hold: #f2a93b; --rollback: #c186dd; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 62rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { margin: 0 0 1rem; font-size: 1.7rem; line-height: 1.25; }
h2 { margin: 2.2rem 0 .7rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); font-size: 1.1rem; }
h3 { margin: 1rem 0 .3rem; font-size: 1rem; }
p { margin: .3rem 0; }
code, pre { font: .87em/1.45 ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; }
pre { margin: .5rem 0 0; padding: .6rem .8rem; overflow-x: auto; background: var(--field); border-radius: 4px; }
.run { color: var(--dim); }
.pill { display: inline-block; padding: .1rem .7rem; border: 1px solid; border-radius: 1rem; font-size: .95rem;
  font-weight: 600; vertical-align: middle; }
.good { color: var(--good); } .bad { color: var(--bad); } .still { color: var(--still); }
.more { margin-left: .5rem; color: var(--dim); font-size: .9em; font-weight: normal; }
.hash { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1.2rem; }
.error { margin: .5rem 0; padding: .6rem .9rem; border-left: 4px solid var(--bad); background: var(--field); }
.hint { color: var(--dim); }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; color: var(--dim); font-weight: normal; }
th, td { padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:nth-child(2), td:nth-child(3) { white-space: nowrap; }
td code { color: var(--dim); }
.timeline { margin: 0; padding: 0; list-style: none; }
.timeline li { display: grid; grid-template-columns: minmax(8rem, 15rem) 1fr 5rem; gap: .8rem; align-items: center; }
.timeline span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.timeline b { position: relative; height: 1.5rem; border-left: 1px solid var(--line); border-right: 1px solid var(--line); }
.timeline b i { position: absolute; top: .35rem; height: .8rem; min-width: 2px; border-radius: 2px; }
.timeline em { color: var(--dim); font-style: normal; text-align: right; white-space: nowrap; }
i.precheck { background: var(--precheck); } i.task { background: var(--task); } i.rollback { background: var(--rollback); }
i.hold { background: repeating-linear-gradient(135deg, var(--hold) 0 4px, transparent 4px 7px); outline: 1px solid var(--hold); }
i.bad { background: var(--bad); }
.legend { display: flex; flex-wrap: wrap; gap: 1.4rem; color: var(--dim); }
.legend i { display: inline-block; width: 1.2rem; height: .7rem; border-radius: 2px; }
@media print { body { max-width: none; padding: 0; } section { break-inside: avoid-page; } }
`;
