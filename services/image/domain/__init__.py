"""What images are and what may happen to them; knows neither HTTP nor SQL."""
