"""OPC UA: values read and written, methods called, alarms and conditions subscribed to."""
