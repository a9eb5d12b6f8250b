"""What readers wish: to be left alone on a channel or altogether, and what they would rather have."""
