"""Where each page lives. Ids may hold any character, so they come last, as paths."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from trueline.web import ingest
from trueline.web.views import results
from trueline.web.views.credits import credits
from trueline.web.views.drift import drift
from trueline.web.views.explanation import explanation
from trueline.web.views.feeds import band_feed, line_feed, vega_script
from trueline.web.views.home import home
from trueline.web.views.identities import identities
from trueline.web.views.lineage import lineage
from trueline.web.views.load import load, set_aside
from trueline.web.views.members import aggregate, group, offering
from trueline.web.views.notices import healthz
from trueline.web.views.objective import objective
from trueline.web.views.pivot import pivot_page
from trueline.web.views.problem import finding, pack, problem
from trueline.web.views.problems import problems
from trueline.web.views.product import customer, product
from trueline.web.views.reconciliation import reconciliation
from trueline.web.views.regimes import alert, alerts, regime, regimes
from trueline.web.views.replay import replay
from trueline.web.views.rows import rows, rows_csv
from trueline.web.views.search import find
from trueline.web.views.signing import sign_in, sign_out
from trueline.web.views.standard_acts import act, change_standard, decide_migration, draft_code
from trueline.web.views.standards import inbox, proposal, reissue, standard, standards
from trueline.web.views.suppliers import suppliers
from trueline.web.views.trend import trend
from trueline.web.views.trends import trends

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("groups/<path:group_id>/", group, name="group"),
    path("offerings/<path:offering_id>/", offering, name="offering"),
    path("aggregates/<str:dimension>/<path:key>/", aggregate, name="aggregate"),
    path("products/<path:product_id>/", product, name="product"),
    path("customers/<path:customer_id>/", customer, name="customer"),
    path("objectives/<path:objective_id>/", objective, name="objective"),
    path("rows/", rows, name="rows"),
    path("rows.csv", rows_csv, name="rows-csv"),
    path("explanations/", explanation, name="explanation"),
    path("lineage/", lineage, name="lineage"),
    path("problems/", problems, name="problems"),
    path("problems/findings/<int:place>/", finding, name="finding"),
    path("problems/<int:number>/", problem, name="problem"),
    path("problems/<int:number>/pack.zip", pack, name="problem-pack"),
    path("reconciliation/", reconciliation, name="reconciliation"),
    path("drift/", drift, name="drift"),
    path("identities/", identities, name="identities"),
    path("pivot/", pivot_page, name="pivot"),
    path("results/", results.log, name="results"),
    path("results/<int:sequence>/", results.link, name="result-link"),
    path("receipts/", results.receipt, name="receipt"),
    path("corrections/", results.correction_list, name="corrections"),
    path("corrections/<int:number>/", results.correction, name="correction"),
    path("regimes/", regimes, name="regimes"),
    path("regimes/<path:regime_id>/", regime, name="regime"),
    path("alerts/", alerts, name="alerts"),
    path("alerts/<int:number>/", alert, name="alert"),
    path("find/", find, name="find"),
    path("trends/", trends, name="trends"),
    path("trends/<str:dimension>/<path:key>/", trend, name="trend"),
    path("load/", load, name="load"),
    path("load/<int:delivery>/set-aside.csv", set_aside, name="set-aside"),
    re_path(r"^charts/line\.(?P<form>json|svg)$", line_feed, name="line-chart"),
    re_path(r"^charts/band\.(?P<form>json|svg)$", band_feed, name="band-chart"),
    path("assets/vega.js", vega_script, name="vega"),
    path("healthz", healthz, name="healthz"),
    path("credits/", credits, name="credits"),
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-out/", sign_out, name="sign-out"),
    path("suppliers/", suppliers, name="suppliers"),
    path("standards/", standards, name="standards"),
    path("standards/inbox/", inbox, name="inbox"),
    path("standards/draft/", draft_code, name="draft-code"),
    path("standards/proposals/<int:number>/", proposal, name="proposal"),
    path("standards/proposals/<int:number>/act/", act, name="proposal-act"),
    path("standards/proposals/<int:number>/reissue/", reissue, name="reissue"),
    path("standards/proposals/<int:number>/replay/", replay, name="replay"),
    path("standards/migrations/<int:migration>/", decide_migration, name="decide-migration"),
    path("standards/changes/<path:name>/", change_standard, name="change-standard"),
    path("standards/named/<path:name>/", standard, name="standard"),
    path("", include(ingest.urlpatterns)),
]

handler404 = "trueline.web.views.notices.not_found"
handler500 = "trueline.web.views.notices.server_error"
