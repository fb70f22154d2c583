/** Style sheet of the HTML report: plain, printable, in both colour schemes. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1c2321; --soft: #5b6663; --paper: #fbfaf7; --line: #dcdad2;
  --good: #13694a; --bad: #a32020; --bad-ground: #fbe9e7; --idle: #6d6a60; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6df; --soft: #a5aca9; --paper: #171a19; --line: #363b39;
  --good: #6fd0a6; --bad: #ff9d92; --bad-ground: #3b1f1c; --idle: #a29e92; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
header { border-left: 6px solid var(--idle); padding: 4px 0 4px 20px; }
header.pass { border-color: var(--good); } header.fail, header.void { border-color: var(--bad); }
.product { margin: 0; color: var(--soft); }
h1 { margin: 4px 0 16px; font-size: 26px; line-height: 1.25; text-wrap: balance; }
h2 { margin: 44px 0 4px; font-size: 18px; }
section > p { margin: 0 0 12px; color: var(--soft); max-width: 72ch; }
dl { margin: 0; display: grid; gap: 2px; } dl div { display: flex; gap: 12px; }
dt { flex: 0 0 56px; color: var(--soft); } dd { margin: 0; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; font-size: 13px; }
tbody th { font-weight: 500; }
td { white-space: nowrap; }
td.good { color: var(--good); font-weight: 600; } td.bad { color: var(--bad); font-weight: 600; }
td.idle { color: var(--idle); font-style: italic; }
li { margin: 0 0 8px; overflow-wrap: anywhere; } li span { color: var(--soft); }
@media print { main { padding: 0; max-width: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
`;
