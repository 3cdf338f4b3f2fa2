"""The addresses of the public interface, below /api/."""

from django.urls import path, re_path

from hypervisor.api import alarms, assets, feeds, moves, points, problems, rules, schema, sites

urlpatterns = [
    path("schema/", schema.view, name="schema"),
    path("v1/me", sites.Me.as_view(), name="me"),
    path("v1/sites", sites.Sites.as_view(), name="sites"),
    path("v1/sites/<slug:site>/sectors", sites.Sectors.as_view(), name="sectors"),
    path("v1/sites/<slug:site>/alarms", alarms.SiteAlarms.as_view(), name="alarms"),
    path("v1/sites/<slug:site>/alarms/acknowledgement", moves.SiteAcknowledgements.as_view(), name="acknowledgements"),
    path("v1/sites/<slug:site>/journal", alarms.SiteJournal.as_view(), name="journal"),
    path("v1/kinds", sites.Kinds.as_view(), name="kinds"),
    path("v1/alarms/<int:alarm>", alarms.AlarmView.as_view(), name="alarm"),
    path("v1/alarms/<int:alarm>/acknowledgement", moves.Acknowledgement.as_view(), name="acknowledgement"),
    path("v1/alarms/<int:alarm>/charge", moves.Charge.as_view(), name="charge"),
    path("v1/alarms/<int:alarm>/shelving", moves.Shelving.as_view(), name="shelving"),
    path("v1/alarms/<int:alarm>/out-of-service", moves.OutOfService.as_view(), name="out-of-service"),
    path("v1/alarms/<int:alarm>/comments", moves.Comments.as_view(), name="comments"),
    path("v1/alarms/<int:alarm>/journal", alarms.AlarmJournal.as_view(), name="alarm-journal"),
    path("v1/alarms/<int:alarm>/chart", points.AlarmChart.as_view(), name="alarm-chart"),
    path("v1/assets", assets.Assets.as_view(), name="assets"),
    path("v1/assets/<int:asset>", assets.AssetView.as_view(), name="asset"),
    path("v1/assets/<int:asset>/cameras", assets.Cameras.as_view(), name="cameras"),
    path("v1/points/<int:point>/readings", points.Readings.as_view(), name="readings"),
    path("v1/points/<int:point>/chart", points.PointChart.as_view(), name="point-chart"),
    path("v1/rules", rules.Rules.as_view(), name="rules"),
    path("v1/rules/schema", rules.SpecSchema.as_view(), name="rule-schema"),
    path("v1/rules/<int:rule>", rules.RuleView.as_view(), name="rule"),
    path("v1/rules/<int:rule>/versions", rules.Versions.as_view(), name="rule-versions"),
    path("v1/rules/<int:rule>/activation", rules.Activation.as_view(), name="rule-activation"),
    path("v1/feeds", feeds.Feeds.as_view(), name="feeds"),
    path("v1/feeds/<slug:feed>/token", feeds.FeedToken.as_view(), name="feed-token"),
    path("v1/feeds/<slug:feed>/unknown-addresses", feeds.UnknownAddresses.as_view(), name="unknown-addresses"),
    path("v1/feeds/<slug:feed>/unknown-addresses/<int:address>/adoption", feeds.AddressAdoption.as_view(), name="adoption"),
    re_path(r"", problems.nothing_here),
]
