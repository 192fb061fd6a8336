"""Small applications on a generated client, and how they are tested."""
