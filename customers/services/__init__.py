"""What can be done with customers and vehicles. Only these write them."""
