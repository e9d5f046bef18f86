"""What is learned from history: probabilities, how well they foretell, the forecast's interval, frozen forecasts."""
