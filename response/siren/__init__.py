"""The siren of a control room: sound and lamp by what is unacknowledged, and a watchdog that sounds when Vigie is gone."""
