"""The room that shows: settings, URLs, sockets, pages and charts."""
