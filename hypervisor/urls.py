"""Every address the control room answers over HTTP."""

from django.contrib import admin
from django.urls import include, path, re_path

from hypervisor import health, metrics, unavailable
from hypervisor.pages import (
    account,
    assets,
    cameras,
    configuration,
    desk,
    imports,
    login,
    maintenance,
    people,
    privacy,
    refusals,
    rules,
    scenarios,
    tiles,
)

handler400 = refusals.bad_request
handler403 = refusals.forbidden
handler404 = refusals.not_found
handler500 = unavailable.fault

urlpatterns = [
    path("", desk.home, name="home"),
    path("login/", login.Login.as_view(), name="login"),
    path("logout/", login.Logout.as_view(), name="logout"),
    path("api/", include("hypervisor.api.urls")),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", metrics.metrics, name="metrics"),
    path("preferences", desk.preferences, name="preferences"),
    path("sites/<slug:site>/", desk.desk, name="desk"),
    re_path(r"^sites/(?P<site>[-\w]+)/(?P<pane>map|list|detail)$", desk.desk, name="pane"),
    path("sites/<slug:site>/assets", assets.table, name="site_assets"),
    path("sites/<slug:site>/assets/<int:asset>", assets.sheet, name="asset_sheet"),
    path("sites/<slug:site>/assets/imports", imports.board, name="imports"),
    path("sites/<slug:site>/assets/imports/<int:run>", imports.follow, name="import"),
    path("sites/<slug:site>/assets/imports/<int:run>/confirmation", imports.confirm, name="import_confirmation"),
    path("sites/<slug:site>/cameras/<int:asset>/picture", cameras.picture, name="picture"),
    path("sites/<slug:site>/rules", rules.board, name="site_rules"),
    path("sites/<slug:site>/rules/new", rules.editor, name="new_rule"),
    path("sites/<slug:site>/rules/<int:rule>", rules.editor, name="rule_editor"),
    path("sites/<slug:site>/rules/<int:rule>/differences/<int:old>/<int:new>", rules.compared, name="rule_differences"),
    path("sites/<slug:site>/rules/export", rules.export, name="rule_export"),
    path("sites/<slug:site>/rules/import", rules.bring_in, name="rule_import"),
    path("sites/<slug:site>/maintenance", maintenance.board, name="site_maintenance"),
    path("sites/<slug:site>/maintenance/<int:window>", maintenance.change, name="maintenance_change"),
    path("sites/<slug:site>/maintenance/<int:window>/cancellation", maintenance.cancel, name="maintenance_cancellation"),
    path("sites/<slug:site>/settings", configuration.feeds, name="site_settings"),
    path("sites/<slug:site>/settings/feeds/<slug:feed>", configuration.feed, name="feed_settings"),
    path("sites/<slug:site>/settings/feeds/<slug:feed>/rhythm", configuration.save_feed, name="feed_saving"),
    path("sites/<slug:site>/settings/feeds/<slug:feed>/token", configuration.renew_token, name="token_settings"),
    path("sites/<slug:site>/settings/feeds/<slug:feed>/adoptions/<int:address>", configuration.adopt, name="adoption_settings"),
    path("sites/<slug:site>/settings/sectors", configuration.sectors, name="sector_settings"),
    path("sites/<slug:site>/settings/privacy", privacy.personal_data, name="privacy_settings"),
    path("sites/<slug:site>/settings/people", people.people, name="people_settings"),
    path("sites/<slug:site>/settings/people/<int:grant>", people.person, name="person_settings"),
    path("sites/<slug:site>/settings/people/<int:grant>/withdrawal", people.withdraw, name="person_withdrawal"),
    path("sites/<slug:site>/settings/people/<int:grant>/link", people.link, name="person_link"),
    path("sites/<slug:site>/settings/people/requests/<int:asked>/confirmation", people.confirm, name="grant_confirmation"),
    path("sites/<slug:site>/settings/people/requests/<int:asked>/refusal", people.refuse, name="grant_refusal"),
    path("sites/<slug:site>/account", account.account, name="account"),
    path("sites/<slug:site>/account/sessions", account.end_sessions, name="session_ending"),
    path("account/<uidb64>/<token>/", account.ChoosePassword.as_view(), name="choose_password"),
    path("sites/<slug:site>/scenarios", scenarios.scenarios, name="site_scenarios"),
    path("sites/<slug:site>/scenarios/<slug:name>", scenarios.start, name="scenario"),
    path("tiles/<slug:site>/key.json", tiles.key, name="map_key"),
    path("tiles/<slug:site>/<int:version>/<int:z>/<int:x>/<int:y>.mvt", tiles.tile, name="tile"),
    path("admin/login/", login.admin_door, name="admin_door"),
    path("admin/", admin.site.urls),
]
