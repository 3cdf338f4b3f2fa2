// Alarm and incident rows for tests, as the API gives them.

export function alarm(id, changes = {}) {
  return {
    id,
    site: "defense",
    seq: 1,
    rule: "flood",
    rule_name: { fr: "Crue", en: "Flood" },
    severity: "critical",
    state: "unacknowledged",
    sentence: { fr: `Niveau d'eau 2,63 m > 2,50 m, nº ${id}`, en: `Water level 2.63 m > 2.50 m, no. ${id}` },
    suggested_action: null,
    subject: `point:${id}`,
    point: id,
    feed: null,
    asset: { id, code: `CR-${id}`, name: "Capteur de crue", kind: "flood_sensor", lon: 2.24, lat: 48.89 },
    sector: null,
    raised_at: new Date(1_790_000_000_000 + id * 1000).toISOString(),
    learned_at: new Date(1_790_000_000_000 + id * 1000).toISOString(),
    returned_at: null,
    closed_at: null,
    acknowledged_at: null,
    acknowledged_by: null,
    taken_by: null,
    taken_at: null,
    shelved_until: null,
    shelved_reason: "",
    out_of_service_until: null,
    out_of_service_reason: "",
    suppressed_by: null,
    comments: 0,
    occurrences: 1,
    chattering: false,
    maintenance: null,
    incident: null,
    ...changes,
  };
}

export function incident(id, changes = {}) {
  const counts = { alarms: 3, open: 3, unacknowledged: 3, suppressed: 0, critical: 0, high: 0, medium: 3, low: 0 };
  return {
    id,
    site: "defense",
    seq: 1,
    number: id,
    title: { fr: `Crue, incident ${id}`, en: `Flood, incident ${id}` },
    state: "open",
    severity: "medium",
    cause: null,
    rule: "flood",
    procedure: null,
    owner: null,
    owned_at: null,
    opened_at: new Date(1_789_999_000_000).toISOString(),
    joined_at: new Date(1_789_999_500_000).toISOString(),
    closed_at: null,
    merged_into: null,
    comments: 0,
    ...changes,
    counts: { ...counts, ...changes.counts },
  };
}
