"""Foreign model files into hatpose model files (`hatpose-convert`)."""
