// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace mnist {

/// The style of the report: the fonts of the system, light or dark as its reader's system is, from 320 pixels up.
inline constexpr std::string_view html_style = R"css(
:root {
  color-scheme: light dark;
  --paper: #fdfdfc; --raised: #ffffff; --ink: #1b1e22; --soft: #5a626b; --rule: #e2e3e1; --grid: #ecedeb;
  --blue: #2359c4; --blue-tint: #eef3fc; --blue-rule: #b9cdf3; --orange: #b4500e;
  --good: 58 117 226; --bad: 230 112 26;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131518; --raised: #1a1d21; --ink: #e6e8ea; --soft: #9ba4ae; --rule: #2d3237; --grid: #23272b;
    --blue: #86aefc; --blue-tint: #192338; --blue-rule: #36507f; --orange: #f59a5b;
  }
  img.ink { filter: invert(1); --raised: transparent; --rule: #d2cdc8; }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; text-rendering: optimizeLegibility;
}
main, header, footer { max-width: 74rem; margin: 0 auto; padding: 0 2rem; }
header { padding-top: 3.5rem; padding-bottom: 2.25rem; }
footer { padding-top: 1.25rem; padding-bottom: 3rem; color: var(--soft); font-size: .875rem; }
h1 { margin: 0; font-size: 2.1rem; line-height: 1.2; font-weight: 650; letter-spacing: -.015em; }
h2 { margin: 0 0 .4rem; font-size: 1.125rem; line-height: 1.35; font-weight: 650; letter-spacing: -.005em; }
h3 { margin: 0 0 .5rem; font-size: .9375rem; font-weight: 600; }
p { margin: 0 0 .75rem; }
.over { margin: 0 0 .35rem; color: var(--soft); font-size: .875rem; }
.lead { margin: .35rem 0 0; color: var(--soft); font-size: 1.0625rem; }
.note { color: var(--soft); font-size: .9rem; line-height: 1.5; }
.keys { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1.25rem 1.5rem; margin: 2rem 0 0; }
.keys div { border-left: 2px solid var(--rule); padding-left: .9rem; }
.keys div:first-child { border-color: var(--blue); }
.keys dt { color: var(--soft); font-size: .875rem; }
.keys dd { margin: 0; font-size: 1.55rem; line-height: 1.3; font-weight: 600; letter-spacing: -.01em; white-space: nowrap; }
.keys small { font-size: .95rem; font-weight: 400; color: var(--soft); letter-spacing: 0; }
section { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 0 2.75rem; border-top: 1px solid var(--rule); padding: 2.25rem 0 2.5rem; }
section > * { min-width: 0; }
figure { margin: 0; }
figcaption { margin-bottom: .6rem; color: var(--soft); font-size: .875rem; line-height: 1.45; }
figcaption b, figcaption strong { color: var(--ink); font-weight: 600; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 2rem; }
.frame { display: grid; grid-template-columns: 3.1rem minmax(0, 1fr); grid-template-rows: 14rem 1.75rem; padding-right: .5rem; }
.frame svg { width: 100%; height: 100%; overflow: visible; border-bottom: 1px solid var(--soft); }
.frame .y, .frame .x { position: relative; color: var(--soft); font-size: .75rem; line-height: 1; }
.frame .y span { position: absolute; right: .5rem; transform: translateY(50%); white-space: nowrap; }
.frame .x { grid-column: 2; }
.frame .x span { position: absolute; top: .5rem; transform: translateX(-50%); }
.frame .x i { position: absolute; right: 0; top: 1.4rem; font-style: normal; }
.grid, .line, .range, .point { fill: none; vector-effect: non-scaling-stroke; }
.grid { stroke: var(--grid); stroke-width: 1; }
.line { stroke: var(--blue); stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; }
.range { fill: var(--blue); opacity: .16; }
.point { stroke: var(--blue); stroke-width: 6.5; stroke-linecap: round; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th { font-weight: 600; text-align: left; }
.list th, .list td { padding: .42rem .75rem .42rem 0; border-bottom: 1px solid var(--rule); vertical-align: baseline; }
.list thead th { color: var(--soft); font-weight: 400; font-size: .8125rem; }
.list .n { text-align: right; white-space: nowrap; }
.list th:last-child, .list td:last-child { padding-right: 0; }
.list tbody th { font-weight: 400; }
.list tfoot th, .list tfoot td { border-bottom: 0; font-weight: 600; }
.index { color: var(--soft); }
.bar { display: inline-block; vertical-align: .08em; width: 6.5rem; height: .5rem; margin-left: .7rem; border-radius: 2px; background: var(--grid); overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--blue); }
.matrix { table-layout: fixed; max-width: 44rem; text-align: center; line-height: 1; }
.matrix caption { caption-side: top; text-align: center; color: var(--soft); font-size: .8125rem; padding-bottom: .5rem; }
.matrix th, .matrix td { height: 2.5rem; padding: 0; text-align: center; }
.matrix td { border: 1.5px solid var(--paper); border-radius: 4px; background: rgb(var(--tone) / var(--part)); }
.matrix td.none { color: var(--soft); opacity: .75; }
.matrix .rate { background: none; color: var(--soft); font-size: .8125rem; }
.matrix thead th.rate, .matrix tfoot th { font-weight: 400; color: var(--soft); font-size: .8125rem; }
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); gap: 1.25rem .75rem; margin: 0; padding: 0; list-style: none; }
.mistakes img { display: block; width: 100%; max-width: 5.5rem; height: auto; background: var(--raised); border: 1px solid var(--rule); border-radius: 4px; margin-bottom: .35rem; }
.mistakes span { display: block; font-size: .8125rem; line-height: 1.35; color: var(--soft); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.mistakes b { color: var(--ink); font-weight: 600; }
.mistakes .wrong { color: var(--orange); font-weight: 600; }
img { image-rendering: pixelated; }
.split { display: grid; grid-template-columns: minmax(0, 22rem) minmax(0, 1fr); gap: 2rem 3rem; align-items: start; }
.split.one { grid-template-columns: minmax(0, 1fr); }
.wide { overflow-x: auto; }
.network { display: block; max-width: 100%; height: auto; }
.network text { font-size: 13px; fill: var(--ink); }
.network .small { font-size: 11.5px; fill: var(--soft); }
.network .soft { fill: var(--soft); }
.network .kind { font-weight: 600; }
.network .end { text-anchor: end; }
.box { fill: var(--raised); stroke: var(--rule); }
.box.learned { fill: var(--blue-tint); stroke: var(--blue-rule); }
.edge { fill: none; stroke: var(--soft); stroke-width: 1.25; }
.head { fill: var(--soft); }
.planes { display: flex; flex-wrap: wrap; gap: 4px; }
.planes img { display: block; background: var(--raised); outline: 1px solid var(--rule); outline-offset: -1px; border-radius: 2px; }
.flow { margin: 0; padding: 0; list-style: none; }
.flow li { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: .35rem 1.5rem; padding: .7rem 0; border-bottom: 1px solid var(--rule); }
.flow li:first-child { padding-top: 0; }
.flow li:last-child { border-bottom: 0; }
.flow span { display: block; font-size: .8125rem; color: var(--soft); }
.flow b { font-size: .875rem; font-weight: 600; }
.cells { max-width: 100%; height: auto; }
.bars { width: auto; }
.bars th, .bars td { padding: .1rem .75rem .1rem 0; font-size: .8125rem; }
.bars th { font-weight: 400; color: var(--soft); }
.bars .bar { margin-left: 0; width: 12rem; }
.bars .top th, .bars .top td { font-weight: 600; color: var(--ink); }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .3rem 1.5rem; margin: 0 0 2rem; font-size: .9rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 62rem) {
  section { grid-template-columns: minmax(0, 1fr); gap: 1.25rem; padding: 1.75rem 0 2rem; }
}
@media (max-width: 40rem) {
  main, header, footer { padding-left: 1rem; padding-right: 1rem; }
  header { padding-top: 2rem; padding-bottom: 1.75rem; }
  h1 { font-size: 1.7rem; }
  .keys { grid-template-columns: repeat(2, minmax(0, 1fr)); margin-top: 1.5rem; }
  .keys dd { font-size: 1.3rem; }
  .split { grid-template-columns: minmax(0, 1fr); }
  .frame { grid-template-rows: 11rem 1.75rem; grid-template-columns: 3.1rem minmax(0, 1fr); }
  .matrix { font-size: .75rem; letter-spacing: -.02em; }
  .matrix th, .matrix td { height: 2rem; }
  .matrix .rate, .matrix thead th.rate, .matrix tfoot th { font-size: .6875rem; }
  .matrix td { border-width: 1px; }
  .mistakes { grid-template-columns: repeat(auto-fill, minmax(4.75rem, 1fr)); gap: 1rem .6rem; }
  .flow li { grid-template-columns: minmax(0, 1fr); }
  .more { display: none; }
  .list th, .list td { padding-right: .5rem; }
  .list .bar { width: 2.75rem; margin-left: .4rem; }
  .bars .bar { width: 8rem; }
  .facts { grid-template-columns: minmax(6.5rem, max-content) minmax(0, 1fr); gap: .3rem 1rem; }
}
)css";

}  // namespace mnist
