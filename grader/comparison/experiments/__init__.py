"""What single exercises are compared by: their networks, layers and functions, and the experiments made of them."""
