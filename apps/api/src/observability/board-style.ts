/** Style of the queue board: one column on a phone, no image, no font, no script. */
export const BOARD_STYLE = `
:root { color-scheme: light dark; --ink: #16201c; --soft: #5c6b64; --page: #f5f7f4; --card: #fff; --rule: #dde4df;
  --mark: #0b7a55; --run: #b07400; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8efeb; --soft: #9aaba3; --page: #101513; --card: #19201d;
  --rule: #2b3531; --mark: #4fd1a1; --run: #e8b04a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.25rem clamp(1rem, 4vw, 2.5rem) 3rem; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 68rem; margin: 0 auto; display: grid; gap: 1.25rem; }
main > * { min-width: 0; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; }
h1 { font-size: 1.25rem; margin: 0; }
header p { margin: 0; color: var(--soft); }
h2 { font-size: .8rem; font-weight: 600; color: var(--soft); margin: 0 0 .6rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(10.5rem, 44%), 1fr)); gap: .75rem; margin: 0; }
.tiles div, section { background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; padding: .8rem 1rem; }
dt { font-size: .8rem; color: var(--soft); }
dd { margin: .1rem 0 0; font-size: 1.5rem; font-weight: 600; line-height: 1.2; white-space: nowrap; }
dd small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft); }
meter { width: 100%; height: .5rem; margin-top: .4rem; }
svg { display: block; width: 100%; height: 7rem; overflow: visible; }
svg path { fill: none; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
.waiting { stroke: var(--run); } .done { stroke: var(--mark); }
.charts { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); }
figure { margin: 0; min-width: 0; }
figcaption { margin-bottom: .5rem; color: var(--soft); }
figcaption b { color: var(--ink); }
.plot { display: grid; grid-template-columns: 2.6rem minmax(0, 1fr); gap: .4rem .6rem; font-size: .75rem; color: var(--soft); }
.y { display: flex; flex-direction: column; justify-content: space-between; text-align: right; margin: -.6em 0; }
.x { grid-column: 2; display: flex; justify-content: space-between; white-space: nowrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; white-space: nowrap; }
th { text-align: left; font-weight: 500; font-size: .8rem; color: var(--soft); }
th, td { padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--rule); }
tr:last-child td { border-bottom: 0; }
.n { text-align: right; }
code { font: inherit; font-family: ui-monospace, monospace; font-size: .9em; }
.alarm { color: var(--bad); font-weight: 600; }
p.none { margin: 0; color: var(--soft); }
`;
