"""Readings, events and roll-ups: partitioned tables that no Django model could describe."""

from django.db import migrations

CREATE = """
CREATE TABLE reading (
    point    bigint           NOT NULL,
    at       timestamptz      NOT NULL,
    value    double precision NOT NULL,
    quality  smallint         NOT NULL
) PARTITION BY RANGE (at);

CREATE TABLE event (
    site        bigint      NOT NULL,
    feed        bigint      NOT NULL,
    asset       bigint,
    address     text        NOT NULL,
    at          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    kind        text        NOT NULL,
    attributes  jsonb       NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX event_by_asset ON event (asset, at);
CREATE INDEX event_by_site ON event (site, at);

CREATE TABLE rollup_minute (
    point   bigint           NOT NULL,
    at      timestamptz      NOT NULL,
    minimum double precision NOT NULL,
    maximum double precision NOT NULL,
    total   double precision NOT NULL,
    count   bigint           NOT NULL,
    PRIMARY KEY (point, at)
) PARTITION BY RANGE (at);

CREATE TABLE rollup_hour (
    point   bigint           NOT NULL,
    at      timestamptz      NOT NULL,
    minimum double precision NOT NULL,
    maximum double precision NOT NULL,
    total   double precision NOT NULL,
    count   bigint           NOT NULL,
    PRIMARY KEY (point, at)
);
"""
DROP = "DROP TABLE reading; DROP TABLE event; DROP TABLE rollup_minute; DROP TABLE rollup_hour;"


class Migration(migrations.Migration):
    dependencies = [("assets", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
