"""What the client in TypeScript costs, beside its peers."""
