"""How the page looks: light, dark, with more contrast, and on paper. Contrast is AA in both schemes."""

_LIGHT = """
  --paper: #fbfaf7; --ground: #ffffff; --tint: #f0eee7; --ink: #20242a; --soft: #565b63; --grid: #dcd8ce;
  --edge: #85817a; --accent: #0d5f60; --warm: #8a4112;
  --series-1: #0067a5; --series-2: #b84a00; --series-3: #007a58; --series-4: #a53f7a; --series-5: #2b7fb8;
  --series-6: #8a6500;
"""
_DARK = """
  --paper: #15181b; --ground: #1c2024; --tint: #22272b; --ink: #e5e3dd; --soft: #a8abb0; --grid: #383f45;
  --edge: #80868c; --accent: #7fcaca; --warm: #e3a77c;
  --series-1: #6db9f0; --series-2: #ff9d5c; --series-3: #4fd0a5; --series-4: #f0a0cb; --series-5: #b5d8f5;
  --series-6: #e3c35a;
"""

_STYLE = """
:root { color-scheme: light dark; --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; /*light*/ }
@media (prefers-color-scheme: dark) { :root { /*dark*/ } }
@media (prefers-contrast: more) { :root { --soft: var(--ink); --grid: var(--edge); } }
@media (forced-colors: active) {
  :root { --ink: CanvasText; --soft: CanvasText; --ground: Canvas; --grid: GrayText; }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); font: 1rem/1.55 var(--sans); }
body { max-width: 74rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; overflow-wrap: break-word; }
a { color: var(--accent); text-underline-offset: 0.15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--ground); padding: 0.5rem 1rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0.5rem 0; }
h2 { font-size: 1.4rem; margin: 3rem 0 0.75rem; padding-top: 1rem; border-top: 1px solid var(--grid); }
h3 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
h4 { font-size: 1rem; margin: 1.5rem 0 0.25rem; }
.pair h4 { margin-top: 0; }
p, li, dd { max-width: 46rem; }
.lead { font-size: 1.1rem; max-width: 52rem; }
.links, figcaption, .note, footer { color: var(--soft); font-size: 0.9rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0; margin: 1.5rem 0; }
code { font: 0.9em var(--mono); overflow-wrap: anywhere; }
pre { font: 0.85rem/1.45 var(--mono); background: var(--tint); padding: 1rem; margin: 0.5rem 0; white-space: pre-wrap; }
.glance { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem; margin: 0; }
.glance div { background: var(--ground); border: 1px solid var(--grid); border-radius: 0.5rem; padding: 0.9rem 1rem; }
.glance dt { color: var(--soft); font-size: 0.9rem; }
.glance dd { margin: 0; }
.glance .large { font-size: 1.6rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
.warning { border-left: 4px solid var(--warm); padding-left: 0.9rem; }
figure { margin: 1.5rem 0; }
figcaption { max-width: 52rem; margin-top: 0.5rem; }
svg.picture { display: block; background: var(--ground); border: 1px solid var(--grid); border-radius: 0.5rem;
  width: 100%; min-width: 36rem; height: auto; fill: var(--ink); stroke-linejoin: round; stroke-linecap: butt; }
.wide { overflow-x: auto; }
.wide table { font-size: 0.88rem; margin-top: 0.5rem; }
.wide th, .wide td { padding-right: 0.7rem; }
th:last-child, td:last-child { padding-right: 0; }
table { border-collapse: collapse; margin: 1.25rem 0; font-size: 0.95rem; }
caption { text-align: left; font-weight: 600; padding: 0.4rem 0; }
th, td { border-bottom: 1px solid var(--grid); padding: 0.35rem 0.9rem 0.35rem 0; text-align: left;
  vertical-align: top; }
th { font-weight: normal; }
:not(.wide) > table :is(th, td) { overflow-wrap: anywhere; }
thead th { font-weight: 600; color: var(--soft); font-size: 0.9rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number { white-space: nowrap; }
.beside { display: block; color: var(--soft); font-size: 0.85em; }
tr.mean > * { border-top: 2px solid var(--edge); }
details { margin: 1rem 0; }
summary { cursor: pointer; color: var(--accent); }
article { margin: 1.5rem 0; }
.asked { font-weight: 600; white-space: pre-wrap; margin: 0 0 0.5rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
.pair > div { background: var(--ground); border: 1px solid var(--grid); border-radius: 0.5rem; padding: 0.75rem 1rem; }
.pair h4 { color: var(--soft); font-size: 0.9rem; }
.said { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
@media print {
  :root { color-scheme: light; /*light*/ --paper: #ffffff; }
  @page { size: A4; margin: 14mm; }
  @page tables { size: A4 landscape; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  #evaluation, #judge { page: tables; }
  .wide { overflow: visible; }
  .wide table { font-size: 7pt; }
  .wide td.number { white-space: normal; }
  svg.picture { min-width: 0; max-height: 24cm; }
  h2, h3, h4, caption { break-after: avoid; }
  figure, article, tr, .glance div { break-inside: avoid; }
  thead { display: table-header-group; }
  details::details-content { content-visibility: visible; block-size: auto; }
  summary { list-style: none; }
}
"""

STYLE = _STYLE.replace("/*light*/", _LIGHT).replace("/*dark*/", _DARK)
