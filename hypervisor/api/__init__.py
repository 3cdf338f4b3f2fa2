"""The public interface under /api/v1/, for people and programs that read alarms, assets and readings."""
