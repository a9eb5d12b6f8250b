"""The looks of the report's pages, in the pages: they must open from a disk, without a network."""

SUMMARY = """
:root { --ink: #1d2733; --soft: #5b6876; --line: #dde3ea; --good: #1b7a43; --bad: #b3261e; --warn: #96600a }
* { box-sizing: border-box }
body { margin: 0; background: #f5f7f9; color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", sans-serif }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.5rem 4rem }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem }
p { margin: .4rem 0 }
.soft { color: var(--soft) }
.verdict { margin: 1.2rem 0; padding: .9rem 1.1rem; border-left: .35rem solid var(--good); background: #fff }
.verdict.held { border-color: var(--bad) }
.sum { display: flex; flex-wrap: wrap; align-items: center; gap: .9rem; background: #fff; padding: 1rem 1.1rem }
.sum div { min-width: 7rem }
.sum b { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums }
.sum span { color: var(--soft); font-size: 1.5rem }
table { width: 100%; border-collapse: collapse; background: #fff }
th, td { text-align: left; vertical-align: top; padding: .5rem .8rem; border-bottom: 1px solid var(--line) }
th { font-size: .85rem; color: var(--soft); font-weight: 600 }
td { overflow-wrap: anywhere }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
code { font-size: .9em; white-space: nowrap; background: #eef1f5; padding: .05rem .35rem; border-radius: .2rem }
.good { color: var(--good) } .bad { color: var(--bad) } .warn { color: var(--warn) }
.good, .bad, .warn { white-space: nowrap; font-weight: 600 }
a { color: #0b57d0 }
"""

# The few rules of Bootstrap and Font Awesome that the pages of Great Expectations lean on.
DATA_DOCS = """
* { box-sizing: border-box }
body { margin: 0; color: #1d2733; font: 15px/1.5 system-ui, "Segoe UI", sans-serif }
a { color: #0b57d0; text-decoration: none } a:hover { text-decoration: underline }
h4, h5, h6, p, ol, ul, table { margin: 0 0 .6rem }
h4 { font-size: 1.3rem } h5 { font-size: 1.15rem } h6, .h6 { font-size: 1rem }
.navbar { padding: .6rem 2rem; background: #fff; border-bottom: 1px solid #dde3ea }
.navbar .d-flex { display: flex; align-items: center; gap: 1rem } .navbar[style] { height: auto !important }
.navbar-brand { font-weight: 600 }
.breadcrumb { display: flex; list-style: none; padding: 0; margin: 0 }
.breadcrumb-item + .breadcrumb-item::before { content: "/"; padding: 0 .5rem; color: #5b6876 }
.container-fluid { padding: 0 1rem } .row { display: flex; flex-wrap: wrap }
body > .container-fluid { padding: 1.5rem 2rem }
.col-12, .col-md-10, .col-lg-10, .col-lg-2 { flex: 0 0 100%; max-width: 100% } .col-6 { flex: 0 0 50%; max-width: 50% }
@media (min-width: 60rem) {
  .col-lg-2 { flex-basis: 20%; max-width: 20%; padding-right: 1.5rem } .col-lg-10 { flex-basis: 80%; max-width: 80% }
  .col-lg-2 .sticky { position: sticky; top: 1rem }
}
.lead { color: #5b6876 } .ge-section { margin-bottom: 1.5rem }
.card { border: 1px solid #dde3ea; border-radius: .3rem; margin-bottom: 1rem; background: #fff }
.card-header { padding: .5rem .7rem; background: #f5f7f9; border-bottom: 1px solid #dde3ea }
.card-body { padding: .7rem }
.card-body.p-0 { padding: .3rem } .nav { list-style: none; padding: 0; margin: 0; width: 100% }
#navigation.navbar { padding: 0; border: 0; max-height: none !important }
.nav-link { display: block; padding: .2rem .5rem } .nav-link.ml-1 { padding-left: 1.2rem }
.alert h5, .alert .m-0 { margin: 0 }
.alert { padding: .7rem 1rem; border-radius: .3rem; background: #eef1f5; margin-bottom: .6rem }
.table { width: 100%; border-collapse: collapse } [hidden] { display: none !important }
.table th, .table td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-top: 1px solid #dde3ea }
.badge { background: #e4e9ef; border-radius: .25rem; padding: .05rem .4rem; font-size: .9em; overflow-wrap: anywhere }
.text-danger { color: #b3261e } .text-success { color: #1b7a43 } .text-warning { color: #96600a }
.btn-group { display: inline-flex; gap: .3rem }
.btn { padding: .25rem .6rem; border: 1px solid #9aa7b5; border-radius: .3rem; cursor: pointer }
.collapse:not(.show) { display: none }
.fas { font-style: normal; font-weight: 700 }
.fa-times::before { content: "✗" } .fa-check-circle::before { content: "✓" }
.fa-exclamation-triangle::before, .fa-exclamation-circle::before { content: "!" }
.cooltip { position: relative } .cooltip .top { display: none; position: absolute; bottom: 100%; left: 0; z-index: 9 }
.cooltip:hover .top { display: block; background: #222; color: #fff; padding: .4rem .7rem; border-radius: .3rem }
"""

# What the pages' buttons ask of jQuery and Bootstrap.
DATA_DOCS_SCRIPT = """
function show(selector, up, seen) {
  document.querySelectorAll(selector).forEach(function (one) {
    for (var n = 0; n < up; n++) one = one.parentElement;
    one.hidden = !seen;
    if (one.id) document.querySelectorAll('a[href$="#' + one.id + '"]').forEach(function (a) { a.hidden = !seen; });
  });
}
function filter(seen) {
  show(".hide-succeeded-validation-target-child", 1, seen);
  show(".hide-succeeded-validation-target", 0, seen);
  show(".hide-succeeded-validations-column-section-target-child", 2, seen);
}
function showAllValidations() { filter(true); }
function hideSucceededValidations() { filter(false); }
document.addEventListener("click", function (event) {
  var link = event.target.closest('[data-toggle="collapse"]');
  if (!link) return;
  event.preventDefault();
  document.getElementById(link.getAttribute("href").slice(1)).classList.toggle("show");
});
"""
