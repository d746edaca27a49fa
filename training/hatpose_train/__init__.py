"""Training of the networks that hatpose runs: data, model, losses, export."""
