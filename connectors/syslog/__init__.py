"""Syslog: messages of network equipment and servers, heard over UDP, TCP and TLS."""
