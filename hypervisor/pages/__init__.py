"""The pages: one module per screen, each a thin view over what the rooms below answer."""
