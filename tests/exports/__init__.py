"""What people open: pages and documents made of the published tables."""
