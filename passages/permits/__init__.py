"""Who may pass where and when: permits by hand, from files and from access-management systems. The only writer of Permit."""
