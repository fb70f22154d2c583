/** Style sheet of the HTML report, in the colors of the page (apps/web): printable, in both color schemes. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #0e211b; --soft: #47594f; --paper: #f2f6f4; --line: #cfdad5;
  --good: #006a4e; --bad: #b5122f; --warn: #7a4b00; --idle: #5c6e64; --card: #fff; --tint: #dcefe7; --bad-tint: #fbe9ec; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5efea; --soft: #9fb5ab; --paper: #0a1210; --line: #283832;
  --good: #4fcaa2; --bad: #ff8b98; --warn: #f0c274; --idle: #8ea39a;
  --card: #121c18; --tint: #12352a; --bad-tint: #37151b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
header { padding: 24px; border-radius: 18px; background: var(--card); }
header.pass { background: var(--tint); } header.fail, header.void { background: var(--bad-tint); outline: 2px solid var(--bad); }
.product { margin: 0; color: var(--soft); }
h1 { margin: 4px 0 16px; font-size: 28px; letter-spacing: -.02em; line-height: 1.2; text-wrap: balance; }
h2 { margin: 44px 0 4px; font-size: 18px; }
section > p { margin: 0 0 12px; color: var(--soft); max-width: 72ch; }
dl { margin: 0; display: grid; gap: 2px; } dl div { display: flex; gap: 12px; }
dt { flex: 0 0 68px; color: var(--soft); } dd { margin: 0; }
.terms { margin-top: 12px; font-size: 13px; color: var(--soft); max-width: 84ch; }
.terms dt { flex: 0 0 130px; color: var(--ink); font-weight: 500; }
#words .terms { font-size: inherit; gap: 8px; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; font-size: 13px; }
tbody th { font-weight: 500; }
td { white-space: nowrap; } td.long { white-space: normal; overflow-wrap: anywhere; }
.critical, .high { color: var(--bad); } .medium { color: var(--warn); } .unproven { color: var(--idle); }
@media (width < 40rem) { dl div { flex-direction: column; gap: 0; } dt, .terms dt { flex: none; } }
td.good { color: var(--good); font-weight: 600; } td.bad { color: var(--bad); font-weight: 600; }
td.idle { color: var(--idle); font-style: italic; }
li { margin: 0 0 8px; overflow-wrap: anywhere; } li span { color: var(--soft); }
@media print { main { padding: 0; max-width: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
`;
