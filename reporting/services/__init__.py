"""Reports, and the facts and rollups behind them."""
