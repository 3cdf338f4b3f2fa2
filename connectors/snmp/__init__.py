"""SNMP: agents that are asked, set and listened to, by versions 2c and 3."""
