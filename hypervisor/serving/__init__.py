"""What stands between the server and the application: bodies, answers without one, and how many are served at once."""
