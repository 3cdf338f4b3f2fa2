"""Other rooms and entities: who they are, what is told and asked among them, and what they answer."""
