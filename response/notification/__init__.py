"""Tells people of alarms: contacts, who is on call, escalation, and the messages that leave."""
