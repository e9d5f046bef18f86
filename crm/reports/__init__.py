"""Dashboard, reports, targets: readings of the numbers of `deals.metrics`, and of leads and activities."""
